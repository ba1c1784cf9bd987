"""What a text means, as the understanding process tells it: the only place that knows how it is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import aiohttp

TIMEOUT_S = 1.0
NO_TOPIC = "none"


class UnderstandingUnavailable(Exception):
    """The process is down, slow or answers nonsense. The bot goes on with keywords and tickets."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A label and how sure the model is of it, 0 to 1."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Understanding:
    """What is asked (`intent`) and about what (`topics`, likeliest first), by which model."""

    intent: Scored
    topics: tuple[Scored, ...]
    model: str

    @property
    def topic(self) -> Scored:
        return self.topics[0] if self.topics else Scored(NO_TOPIC, 0.0)


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

    async def understand(self, texts: Sequence[str]) -> list[Understanding]:
        """One understanding a text, in order. Raises UnderstandingUnavailable."""
        if not texts:
            return []
        document = await self._ask("POST", "/parse", {"texts": list(texts)})
        try:
            found = [_read(result, document["model"]) for result in document["results"]]
        except (KeyError, TypeError, ValueError) as error:
            raise UnderstandingUnavailable("the answer has another shape than agreed") from error
        if len(found) != len(texts):
            raise UnderstandingUnavailable(f"{len(texts)} texts asked, {len(found)} answered")
        return found

    async def model(self) -> str:
        """The id of the model that answers now. Raises UnderstandingUnavailable."""
        return str((await self._ask("GET", "/healthz", None)).get("model"))

    async def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        if self._session is None:
            raise UnderstandingUnavailable("the client is not open")
        try:
            async with self._session.request(method, f"http://understanding{path}", json=body) as response:
                if response.status != 200:
                    raise UnderstandingUnavailable(f"HTTP {response.status}")
                document = await response.json()
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise UnderstandingUnavailable(f"{type(error).__name__}") from error
        if not isinstance(document, dict):
            raise UnderstandingUnavailable("the answer is no object")
        return document


def _read(result: dict[str, Any], model: str) -> Understanding:
    return Understanding(
        intent=Scored(str(result["intent"]["name"]), float(result["intent"]["confidence"])),
        topics=tuple(Scored(str(topic["name"]), float(topic["confidence"])) for topic in result.get("topics") or []),
        model=str(model),
    )
