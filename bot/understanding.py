"""What a text means, as the understanding process tells it: the only place that knows how it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import aiohttp
import msgspec

TIMEOUT_S = 1.0
NO_TOPIC = "none"


class UnderstandingUnavailable(Exception):
    """The process is down, slow or answers nonsense. The bot goes on with keywords and tickets."""


class UnderstandingRefused(UnderstandingUnavailable):
    """The process answers, but not to this: one of the texts may be why."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A label and how sure the model is of it, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is asked (`intent`) and about what (`topics`, likeliest first), by which model, in so many words.

    `pieces` are its sentences understood each by itself, where it has several; `again` is the question before, as this
    text changes it. `intents` are what else may be asked, likeliest first.
    """

    intent: Scored
    topics: tuple[Scored, ...]
    model: str
    words: int = 0
    pieces: tuple["Understanding", ...] = ()
    again: "Understanding | None" = None
    intents: tuple[Scored, ...] = ()

    @property
    def topic(self) -> Scored:
        return self.topics[0] if self.topics else Scored(NO_TOPIC, 0.0)

    @property
    def subject(self) -> str | None:
        """The id of the likeliest topic, or None where it is none."""
        return None if self.topic.name == NO_TOPIC else self.topic.name


@dataclass(frozen=True, slots=True)
class _Result:
    intent: Scored
    topics: tuple[Scored, ...] = ()
    ranking: tuple[Scored, ...] = ()


@dataclass(frozen=True, slots=True)
class _Parsed:
    model: str
    results: list[_Result]


@dataclass(frozen=True, slots=True)
class _Health:
    model: str


Shape = TypeVar("Shape", _Parsed, _Health)


class UnderstandingClient:
    """Asks over a Unix socket. Use as an asynchronous context manager; one a loop."""

    def __init__(self, socket: Path, timeout_s: float = TIMEOUT_S) -> None:
        self._socket = socket
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(str(self._socket)), timeout=self._timeout)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def understand(self, texts: Sequence[str]) -> list[Understanding]:
        """One understanding a text, in order. Raises UnderstandingUnavailable."""
        if not texts:
            return []
        parsed = await self._ask("POST", "/parse", {"texts": list(texts)}, _Parsed)
        if len(parsed.results) != len(texts):
            raise UnderstandingUnavailable(f"{len(texts)} texts asked, {len(parsed.results)} answered")
        return [
            Understanding(result.intent, result.topics, parsed.model, len(text.split()), intents=result.ranking)
            for text, result in zip(texts, parsed.results, strict=True)
        ]

    async def model(self) -> str:
        """The id of the model that answers now. Raises UnderstandingUnavailable."""
        return (await self._ask("GET", "/healthz", None, _Health)).model

    async def _ask(self, method: str, path: str, body: dict[str, list[str]] | None, shape: type[Shape]) -> Shape:
        if self._session is None:
            raise UnderstandingUnavailable("the client is not open")
        try:
            async with self._session.request(method, f"http://understanding{path}", json=body) as response:
                if response.status in (400, 413, 500):
                    raise UnderstandingRefused(f"HTTP {response.status}")
                if response.status != 200:
                    raise UnderstandingUnavailable(f"HTTP {response.status}")
                return msgspec.json.decode(await response.read(), type=shape)
        except (msgspec.DecodeError, RecursionError) as error:
            raise UnderstandingUnavailable("the answer has another shape than agreed") from error
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise UnderstandingUnavailable(type(error).__name__) from error
