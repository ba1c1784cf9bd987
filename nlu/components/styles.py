"""Training data in every style of writing: the first step of the pipeline."""

from random import Random
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.exceptions import InvalidConfigException
from rasa.shared.nlu.constants import ENTITIES, ENTITY_ATTRIBUTE_END, ENTITY_ATTRIBUTE_START, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.components.tokenizer import SYLLABLE
from nlu.noise import STYLES, Style

SOURCE = "source"
"""Attribute of a training message: the number of the example it was made from. Copies of one example share it, so
that no part of the training is ever judged on a copy of what it has seen."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class WritingStyles(GraphComponent):
    """Adds to each training example copies in other styles; leaves what is parsed alone.

    `styles` maps a name of `nlu.noise.STYLES` to the chance (0 to 1) that an example gets a copy in it; a copy equal
    to what is already there is not added. Nothing noisy is ever written to disk.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"styles": {"folded": 1.0}, "seed": 1}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "WritingStyles":
        unknown = set(config["styles"]) - set(STYLES)
        if unknown:
            raise InvalidConfigException(f"WritingStyles: unknown styles {sorted(unknown)}; known: {sorted(STYLES)}")
        return cls(config)

    def __init__(self, config: dict[str, Any]) -> None:
        self._chances: dict[str, float] = config["styles"]
        self._random = Random(config["seed"])

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        examples: list[Message] = []
        for number, example in enumerate(training_data.training_examples):
            example.set(SOURCE, number)
            examples.append(example)
            if example.get(TEXT):
                examples += self._copies(example)
        return TrainingData(
            examples,
            training_data.entity_synonyms,
            training_data.regex_features,
            training_data.lookup_tables,
            training_data.responses,
        )

    def process(self, messages: list[Message]) -> list[Message]:
        return messages

    def _copies(self, example: Message) -> list[Message]:
        seen = {example.get(TEXT)}
        copies = []
        for name, chance in self._chances.items():
            if self._random.random() >= chance:
                continue
            copy = restyled(example, STYLES[name], self._random)
            if copy and copy.get(TEXT) not in seen:
                seen.add(copy.get(TEXT))
                copies.append(copy)
        return copies


def restyled(example: Message, style: Style, random: Random) -> Message | None:
    """A copy of the example in that style, its entities moved along with their words.

    None if the style wrote the beginning of an entity together with the word before: that one has no border left.
    """
    text: str = example.get(TEXT)
    found = list(SYLLABLE.finditer(text))
    written = style([match.group() for match in found], random)
    moved: dict[int, int] = {}  # borders of words, old → new
    pieces: list[str] = []
    length = last_end = 0
    for match, word in zip(found, written, strict=True):
        if word:
            gap = text[last_end : match.start()]
            pieces += [gap, word]
            moved[match.start()] = length + len(gap)
            length += len(gap) + len(word)
        moved[match.end()] = length
        last_end = match.end()
    entities = example.get(ENTITIES) or []
    if any(entity[ENTITY_ATTRIBUTE_START] not in moved for entity in entities):
        return None
    return Message({**example.data, TEXT: "".join(pieces), ENTITIES: [_moved(entity, moved) for entity in entities]})


def _moved(entity: dict[str, Any], borders: dict[int, int]) -> dict[str, Any]:
    """The entity at its new place; one that ended within a word now ends with it."""
    end = min(new for old, new in borders.items() if old >= entity[ENTITY_ATTRIBUTE_END])
    return {**entity, ENTITY_ATTRIBUTE_START: borders[entity[ENTITY_ATTRIBUTE_START]], ENTITY_ATTRIBUTE_END: end}
