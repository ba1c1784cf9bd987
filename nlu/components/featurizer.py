"""Sentence features on both faces of every word."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.tokenizer import PLAIN_FACE
from nlu.ngrams import NgramSizes, TfIdf


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TwoFaceFeaturizer(SparseFeaturizer, GraphComponent):
    """tf-idf of n-grams of words and of letters, on the text as written and on its plain form (`nlu.ngrams`)."""

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            **SparseFeaturizer.get_default_config(),
            "words": [1, 2],
            "letters": [2, 4],
            "apart": 4,
            "least": 3,  # texts an n-gram must occur in to be kept
        }

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        pass

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TwoFaceFeaturizer":
        return cls(execution_context.node_name, config, model_storage, resource, None)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TwoFaceFeaturizer":
        with model_storage.read_from(resource) as folder:
            return cls(execution_context.node_name, config, model_storage, resource, TfIdf.open(folder))

    def __init__(
        self, name: str, config: dict[str, Any], storage: ModelStorage, resource: Resource, tfidf: TfIdf | None
    ) -> None:
        super().__init__(name, config)
        self._storage = storage
        self._resource = resource
        self._tfidf = tfidf

    def train(self, training_data: TrainingData) -> Resource:
        texts = [faces_of(message) for message in training_data.training_examples if message.get(TEXT)]
        sizes = NgramSizes(tuple(self._config["words"]), tuple(self._config["letters"]), self._config["apart"])
        with self._storage.write_to(self._resource) as folder:
            TfIdf.learn(texts, sizes, self._config["least"]).save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self.process(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        weighed = self._tfidf.weigh(faces_of(message) for message in messages)
        for row, message in enumerate(messages):
            self.add_features_to_message(None, weighed[row], TEXT, message)
        return messages


def faces_of(message: Message) -> tuple[list[str], list[str]]:
    """The message's words as written and plain; none for a message without text."""
    tokens = message.get(TOKENS_NAMES[TEXT]) or []
    return [token.text for token in tokens], [token.get(PLAIN_FACE) for token in tokens]
