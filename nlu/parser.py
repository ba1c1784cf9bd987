"""A trained model opened in this process: texts in, intents, topics and entities out."""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from foundation.text import clean_incoming
from nlu.quiet import silence_rasa

NOTHING: dict[str, Any] = {
    "intent": {"name": "out_of_scope", "confidence": 0.0},
    "ranking": [],
    "topics": [],
    "entities": [],
}
"""What is understood of a text without words."""

_RANKED = 3


class ModelError(Exception):
    """The archive cannot be opened; the message says which and why."""


class Parser:
    """The predict graph of one model archive, run on lists of texts.

    Not safe to call from two threads at once. Importing Rasa takes 6 to 8 s and happens on the first one made.
    """

    def __init__(self, archive: Path) -> None:
        silence_rasa()
        from rasa.engine.loader import load_predict_graph_runner
        from rasa.engine.runner.dask import DaskGraphRunner
        from rasa.engine.storage.local_model_storage import LocalModelStorage

        self._folder = tempfile.mkdtemp(prefix="loa-model-")
        try:
            metadata, self._runner = load_predict_graph_runner(
                Path(self._folder), archive, LocalModelStorage, DaskGraphRunner
            )
        except Exception as error:  # whatever Rasa, tar or a component raise over a broken archive
            raise ModelError(f"{archive}: {type(error).__name__}: {error}") from error
        finally:
            # Every component holds what it needs in memory once the graph stands.
            shutil.rmtree(self._folder, ignore_errors=True)
        self._target = metadata.nlu_target

    def parse(self, texts: Sequence[str]) -> list[dict[str, Any]]:
        """{"intent", "ranking", "topics", "entities"} of each text, in order; positions count its characters.

        Texts from outside must have been through `readable`.
        """
        from rasa.core.channels.channel import UserMessage
        from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER

        messages = [UserMessage(text) for text in texts if text]
        inputs = {PLACEHOLDER_MESSAGE: messages, PLACEHOLDER_TRACKER: None}
        understood = iter(self._runner.run(inputs=inputs, targets=[self._target])[self._target] if messages else ())
        return [_answer(next(understood)) if text else NOTHING for text in texts]


def readable(text: str) -> str:
    """What is read of an incoming text: NFC, at most 1,000 characters, and no leading "/".

    Rasa takes `/intent{"a": "b"}` for a command and believes it with confidence 1.
    """
    return clean_incoming(text).lstrip("/ ")


def _answer(message: Any) -> dict[str, Any]:
    return {
        "intent": _rounded(message.get("intent") or NOTHING["intent"]),
        "ranking": [_rounded(label) for label in message.get("intent_ranking", [])[:_RANKED]],
        "topics": [_rounded(label) for label in message.get("topics", [])[:_RANKED]],
        "entities": [
            {key: entity[key] for key in ("entity", "value", "start", "end")} for entity in message.get("entities", [])
        ],
    }


def _rounded(label: dict[str, Any]) -> dict[str, Any]:
    return {"name": label["name"], "confidence": round(label["confidence"], 4)}
