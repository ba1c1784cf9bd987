"""The model being served: follows the pointer, and answers many small requests in few large batches."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from nlu.models import ModelStore, ModelStoreError
from nlu.parser import ModelError, Parser

log = logging.getLogger("loa.nlu")

BATCH = 64
"""Texts understood in one go: beyond it the cost a text no longer falls, and the wait of the last one only grows."""

WAITING = 2048
"""Texts that may wait, some two seconds of work; whoever asks then had better be told at once."""

_LOOK_EVERY = 0.25


class NotReady(Exception):
    """No model has been opened yet."""


class Overloaded(Exception):
    """Too many texts are waiting."""


class Understood(NamedTuple):
    """The id of the model that understood, and what it made of each text."""

    model: str
    results: list[dict[str, Any]]


class _Request(NamedTuple):
    texts: list[str]
    answer: "asyncio.Future[Understood]"


class LiveModel:
    """Opens the current model beside the old one and switches between two batches: no request is dropped, and all
    texts of a request are understood by the same model."""

    def __init__(self, store: ModelStore) -> None:
        self._store = store
        self._model: tuple[str, Parser] | None = None
        self._failed: str | None = None
        self._requests: asyncio.Queue[_Request] = asyncio.Queue()
        self._waiting = 0
        self._opening = ThreadPoolExecutor(1, "open")
        self._parsing = ThreadPoolExecutor(1, "parse")

    @property
    def model_id(self) -> str | None:
        return self._model[0] if self._model else None

    async def understand(self, texts: list[str]) -> Understood:
        """Raises NotReady, Overloaded, or whatever the model raises over these texts."""
        if self._model is None:
            raise NotReady
        if self._waiting + len(texts) > WAITING:
            raise Overloaded
        answer: asyncio.Future[Understood] = asyncio.get_running_loop().create_future()
        self._waiting += len(texts)
        try:
            self._requests.put_nowait(_Request(texts, answer))
            return await answer
        finally:
            self._waiting -= len(texts)

    async def follow(self) -> None:
        """Keeps the served model equal to the current one, for ever."""
        while True:
            try:
                await self._switch(self._store.current())
            except ModelStoreError as error:
                log.error("%s", error)
            await asyncio.sleep(_LOOK_EVERY)

    async def _switch(self, model_id: str | None) -> None:
        if model_id is None or model_id in (self.model_id, self._failed):
            return
        try:
            loop = asyncio.get_running_loop()
            parser = await loop.run_in_executor(self._opening, _opened, self._store, model_id)
        except ModelError as error:
            # The old one goes on; this one is tried again only after the pointer has moved.
            self._failed = model_id
            log.error("model %s cannot be opened: %s", model_id, error)
        else:
            self._model, self._failed = (model_id, parser), None

    async def work(self) -> None:
        """Answers requests, for ever: whatever came in during one batch is the next."""
        while True:
            batch = [await self._requests.get()]
            while sum(len(request.texts) for request in batch) < BATCH and not self._requests.empty():
                batch.append(self._requests.get_nowait())
            await self._answer([request for request in batch if not request.answer.done()])

    async def _answer(self, batch: Sequence[_Request]) -> None:
        model_id, parser = self._model or (None, None)
        if model_id is None or parser is None or not batch:
            return
        texts = [text for request in batch for text in request.texts]
        try:
            results = await asyncio.get_running_loop().run_in_executor(self._parsing, parser.parse, texts)
        except Exception as error:
            await self._answer_apart(batch, error)
            return
        for request in batch:
            own, results = results[: len(request.texts)], results[len(request.texts) :]
            if not request.answer.done():
                request.answer.set_result(Understood(model_id, own))

    async def _answer_apart(self, batch: Sequence[_Request], error: Exception) -> None:
        """One request must not fail for a text of another: each again alone, and the one at fault gets the error."""
        if len(batch) > 1:
            for request in batch:
                await self._answer([request])
        elif not batch[0].answer.done():
            batch[0].answer.set_exception(error)


def _opened(store: ModelStore, model_id: str) -> Parser:
    parser = Parser(store.archive(model_id))
    # The first text pays for what the graph builds lazily; no resident should.
    parser.parse(["xin chào"])
    return parser
