"""Entities by a conditional random field over both faces of the words."""

import json
from pathlib import Path
from typing import Any

import pycrfsuite
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
    NO_ENTITY_TAG,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from foundation.text import fold
from nlu.components.featurizer import faces_of

_FIELD = "field.crfsuite"
_SYNONYMS = "synonyms.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class TwoFaceEntityExtractor(EntityExtractorMixin, GraphComponent):
    """Marks spans of whole words; a span's value is what the training data call it, in either face, or its text.

    The archive holds the trained field and the synonyms, no training text, so it opens in milliseconds.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Tokenizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        # c1 and c2 are the L1 and L2 penalties; least is how often a feature must occur to count; of more than `most`
        # texts, so many are learned from, evenly spread, to bound the time: names repeat
        return {"c1": 0.05, "c2": 0.05, "iterations": 60, "least": 2, "window": 2, "most": 10_000}

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
            if not (folder / _FIELD).exists():
                return cls(config, model_storage, resource, None, {})
            synonyms = json.loads((folder / _SYNONYMS).read_text(encoding="utf-8"))
            return cls(config, model_storage, resource, (folder / _FIELD).read_bytes(), synonyms)

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        field: bytes | None,
        synonyms: dict[str, str],
    ) -> None:
        self._config = config
        self._storage = storage
        self._resource = resource
        # From memory, for the folder goes away; and the bytes must be held, for the tagger reads them where they lie.
        self._field = field
        self._tagger = pycrfsuite.Tagger() if field else None
        if self._tagger:
            self._tagger.open_inmemory(field)
        self._synonyms = synonyms

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            if training_data.entity_examples:
                self._learn(training_data.training_examples, folder / _FIELD)
                synonyms = {fold(text): value for text, value in training_data.entity_synonyms.items()}
                (folder / _SYNONYMS).write_text(json.dumps(synonyms, ensure_ascii=False), encoding="utf-8")
        return self._resource

    def _learn(self, examples: list[Message], path: Path) -> None:
        trainer = pycrfsuite.Trainer(algorithm="lbfgs", verbose=False)
        trainer.set_params(
            {
                "c1": self._config["c1"],
                "c2": self._config["c2"],
                "max_iterations": self._config["iterations"],
                "feature.minfreq": self._config["least"],
            }
        )
        for message in spread([each for each in examples if each.get(TOKENS_NAMES[TEXT])], self._config["most"]):
            trainer.append(clues(*faces_of(message), self._config["window"]), tags(message))
        trainer.train(str(path))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            tokens = message.get(TOKENS_NAMES[TEXT])
            if self._tagger and tokens:
                found = self._tagger.tag(clues(*faces_of(message), self._config["window"]))
                entities = self.add_extractor_name(self._spans(message, found))
                message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
        return messages

    def _spans(self, message: Message, found: list[str]) -> list[dict[str, Any]]:
        tokens = message.get(TOKENS_NAMES[TEXT])
        spans: list[dict[str, Any]] = []
        before = NO_ENTITY_TAG
        for token, tag in zip(tokens, found, strict=True):
            if tag != NO_ENTITY_TAG:
                if tag.startswith("B-") or before[2:] != tag[2:]:
                    spans.append({ENTITY_ATTRIBUTE_TYPE: tag[2:], ENTITY_ATTRIBUTE_START: token.start})
                spans[-1][ENTITY_ATTRIBUTE_END] = token.end
            before = tag
        for span in spans:
            text = message.get(TEXT)[span[ENTITY_ATTRIBUTE_START] : span[ENTITY_ATTRIBUTE_END]]
            span[ENTITY_ATTRIBUTE_VALUE] = self._synonyms.get(fold(text), text)
        return spans


def tags(message: Message) -> list[str]:
    """B-x at the first word of an entity x, I-x at its others, O elsewhere."""
    result = []
    for token in message.get(TOKENS_NAMES[TEXT]):
        tag = NO_ENTITY_TAG
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


def clues(written: list[str], plain: list[str], window: int) -> list[list[str]]:
    """What the field sees of each word: itself in both faces, its shape and ends, its neighbours and their pairs."""
    own = [_own_clues(*faces) for faces in zip(written, plain, strict=True)]
    result = []
    for i in range(len(written)):
        seen = ["bias", *(f"0:{clue}" for clue in own[i])]
        for distance in range(1, window + 1):
            for j in (i - distance, i + distance):
                if 0 <= j < len(own):
                    seen += [f"{j - i}:{clue}" for clue in own[j][: 3 if distance == 1 else 2]]
                else:
                    seen.append(f"{j - i}:border")
        for j in (i - 1, i):
            if 0 <= j < len(own) - 1:
                seen += [f"{j - i}+:p={plain[j]} {plain[j + 1]}", f"{j - i}+:w={written[j]} {written[j + 1]}"]
        result.append(seen)
    return result


def _own_clues(written: str, plain: str) -> list[str]:
    shape = "9" * len(plain) if plain[0].isdigit() else "a" if plain.isalpha() else "-"
    return [
        f"p={plain}",
        f"w={written}",
        f"shape={shape}",
        f"head={plain[:2]}",
        f"tail={plain[-2:]}",
        f"tail3={plain[-3:]}",
    ]
