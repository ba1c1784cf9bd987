"""What is asked (intent) and about what (topic)."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, RESPONSE_IDENTIFIER_DELIMITER, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from nlu.components.styles import SOURCE
from nlu.understanding import Understanding

_RANKED = 3


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentTopicClassifier(IntentClassifier, GraphComponent):
    """Writes `intent`, `intent_ranking` and `topics` (name and confidence, likeliest first) into a message.

    The topic is the second half of Rasa's own `intent/response_key` in the training data; an example without it has the
    topic `none`. Data without any of them teach intents alone, and no topics are said.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # penalty is the C of the support vectors; held_out the share of examples that confidence is measured on
        return {"penalty": 1.0, "held_out": 0.2, "seed": 1}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "IntentTopicClassifier":
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "IntentTopicClassifier":
        with model_storage.read_from(resource) as folder:
            return cls(config, model_storage, resource, Understanding.open(folder))

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        understanding: Understanding | None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._understanding = understanding

    def train(self, training_data: TrainingData) -> Resource:
        examples = [message for message in training_data.training_examples if message.get(TEXT) and message.get(INTENT)]
        learned = Understanding.learn(
            _features(examples),
            [message.get(INTENT) for message in examples],
            [_topic(message) for message in examples],
            [message.get(SOURCE, number) for number, message in enumerate(examples)],
            penalty=self._config["penalty"],
            held_out=self._config["held_out"],
            seed=self._config["seed"],
        )
        with self._storage.write_to(self._resource) as folder:
            learned.save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._understanding and messages:
            found = self._understanding.probabilities(_features(messages))
            for message, intents, topics in zip(messages, found.intents, found.topics, strict=True):
                ranking = _best(self._understanding.intents, intents)
                message.set("intent", ranking[0], add_to_output=True)
                message.set("intent_ranking", ranking, add_to_output=True)
                message.set("topics", _best(self._understanding.topics, topics), add_to_output=True)
        return messages


def _topic(message: Message) -> str | None:
    key = message.get(INTENT_RESPONSE_KEY)
    return key.split(RESPONSE_IDENTIFIER_DELIMITER, 1)[1] if key else None


def _best(names: list[str], probabilities: Any) -> list[dict[str, Any]]:
    return [{"name": names[i], "confidence": float(probabilities[i])} for i in probabilities.argsort()[::-1][:_RANKED]]


def _features(messages: list[Message]) -> csr_matrix:
    return vstack([message.get_sparse_features(TEXT)[1].features for message in messages]).tocsr()
