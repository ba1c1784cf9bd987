"""What is asked (intent) and about what (topic): two calibrated linear classifiers on the same features."""

from abc import abstractmethod
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
from nlu.linear import LinearClassifier

NO_TOPIC = "none"

_RANKED = 3


class _LinearComponent(IntentClassifier, GraphComponent):
    """Trains, keeps and asks a `LinearClassifier`; a subclass says which label a message has and where answers go."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"penalty": 1.0, "folds": 3, "seed": 1}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "_LinearComponent":
        return cls(config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "_LinearComponent":
        with model_storage.read_from(resource) as folder:
            trained = any(folder.iterdir())
            return cls(config, model_storage, resource, LinearClassifier.open(folder) if trained else None)

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        classifier: LinearClassifier | None,
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._classifier = classifier

    def train(self, training_data: TrainingData) -> Resource:
        examples = [message for message in training_data.training_examples if message.get(TEXT) and message.get(INTENT)]
        labels = self.labels(examples)
        with self._storage.write_to(self._resource) as folder:
            if labels:
                LinearClassifier.learn(
                    _features(examples),
                    labels,
                    [message.get(SOURCE, number) for number, message in enumerate(examples)],
                    penalty=self._config["penalty"],
                    folds=self._config["folds"],
                    seed=self._config["seed"],
                ).save(folder)
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        if self._classifier and messages:
            rows = self._classifier.probabilities(_features(messages))
            for message, probabilities in zip(messages, rows):
                best = probabilities.argsort()[::-1][:_RANKED]
                names = self._classifier.labels
                ranking = [{"name": names[i], "confidence": float(probabilities[i])} for i in best]
                self.answer(message, ranking)
        return messages

    @abstractmethod
    def labels(self, examples: list[Message]) -> list[str]:
        """The label of each example; empty when there is nothing to learn."""

    @abstractmethod
    def answer(self, message: Message, ranking: list[dict[str, Any]]) -> None:
        """Writes the best labels, likeliest first, into the message."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearIntentClassifier(_LinearComponent):
    """What is asked: `ask_amount`, `thank`, …"""

    def labels(self, examples: list[Message]) -> list[str]:
        return [message.get(INTENT) for message in examples]

    def answer(self, message: Message, ranking: list[dict[str, Any]]) -> None:
        message.set("intent", ranking[0], add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class LinearTopicClassifier(_LinearComponent):
    """About what, as `topics` in the message: the second half of Rasa's `intent/response_key` in the training data.

    An example without that half has the topic `none`. Data without any of them teach nothing, and no topics are said.
    """

    def labels(self, examples: list[Message]) -> list[str]:
        keys = [message.get(INTENT_RESPONSE_KEY) for message in examples]
        if not any(keys):
            return []
        return [key.split(RESPONSE_IDENTIFIER_DELIMITER, 1)[1] if key else NO_TOPIC for key in keys]

    def answer(self, message: Message, ranking: list[dict[str, Any]]) -> None:
        message.set("topics", ranking, add_to_output=True)


def _features(messages: list[Message]) -> csr_matrix:
    return vstack([message.get_sparse_features(TEXT)[1].features for message in messages]).tocsr()
