"""Entities by conditional random fields over both faces of the words, in two passes."""

import json
from dataclasses import asdict, fields
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from foundation.text import fold
from nlu.components.featurizer import faces_of
from nlu.components.styles import SOURCE
from nlu.spans import NO_ENTITY, Example, Settings, SpanMarker

_SYNONYMS = "synonyms.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TwoFaceEntityExtractor(EntityExtractorMixin, GraphComponent):
    """Marks spans of whole words; a span's value is what the training data call it, in either face, or its text.

    The learning itself is in `nlu.spans`. The archive holds the trained fields and the synonyms, no training text, so
    it opens in milliseconds.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # c1 to window: see `nlu.spans.Settings`; of more than `most` texts, so many are learned from, evenly spread, to
        # bound the time: names repeat
        return {**asdict(Settings()), "most": 10_000}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "TwoFaceEntityExtractor":
        return cls(config, model_storage, resource, None, {})

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "TwoFaceEntityExtractor":
        with model_storage.read_from(resource) as folder:
            if not (folder / _SYNONYMS).exists():
                return cls(config, model_storage, resource, None, {})
            synonyms = json.loads((folder / _SYNONYMS).read_text(encoding="utf-8"))
            return cls(config, model_storage, resource, SpanMarker.open(folder), synonyms)

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        marker: SpanMarker | None,
        synonyms: dict[str, str],
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        self._marker = marker
        self._synonyms = synonyms

    def train(self, training_data: TrainingData) -> Resource:
        examples = self._examples(training_data.training_examples)
        with self._storage.write_to(self._resource) as folder:
            if any(each.borders for each in examples):
                settings = Settings(**{each.name: self._config[each.name] for each in fields(Settings)})
                SpanMarker.learn(examples, settings).save(folder)
                synonyms = {fold(text): value for text, value in training_data.entity_synonyms.items()}
                (folder / _SYNONYMS).write_text(json.dumps(synonyms, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def _examples(self, messages: list[Message]) -> list[Example]:
        chosen = spread([each for each in messages if each.get(TOKENS_NAMES[TEXT])], self._config["most"])
        return [
            Example(*faces_of(message), tags(message), message.get(SOURCE, number))
            for number, message in enumerate(chosen)
        ]

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._marker and message.get(TOKENS_NAMES[TEXT]):
                entities = self.add_extractor_name(self._entities(message, self._marker))
                message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages

    def _entities(self, message: Message, marker: SpanMarker) -> list[dict[str, Any]]:
        tokens = message.get(TOKENS_NAMES[TEXT])
        entities = []
        for span in marker.mark(*faces_of(message)):
            start, end = tokens[span.first].start, tokens[span.end - 1].end
            text = message.get(TEXT)[start:end]
            entities.append(
                {
                    ENTITY_ATTRIBUTE_TYPE: span.name,
                    ENTITY_ATTRIBUTE_START: start,
                    ENTITY_ATTRIBUTE_END: end,
                    ENTITY_ATTRIBUTE_VALUE: self._synonyms.get(fold(text), text),
                }
            )
        return entities


def tags(message: Message) -> list[str]:
    """B-x at the first word of an entity x, I-x at its others, O elsewhere."""
    result = []
    for token in message.get(TOKENS_NAMES[TEXT]):
        tag = NO_ENTITY
        for entity in message.get(ENTITIES) or []:
            if entity[ENTITY_ATTRIBUTE_START] <= token.start < entity[ENTITY_ATTRIBUTE_END]:
                first = token.start == entity[ENTITY_ATTRIBUTE_START]
                tag = f"{'B' if first else 'I'}-{entity[ENTITY_ATTRIBUTE_TYPE]}"
        result.append(tag)
    return result


def spread(messages: list[Message], most: int) -> list[Message]:
    """All of them, or `most` at even distances from the first to the last."""
    if len(messages) <= most:
        return messages
    return [messages[number * len(messages) // most] for number in range(most)]
