"""The client of the understanding process: what it understands, and how it says that it gets nothing usable."""

import asyncio
import json
import time
from pathlib import Path

import pytest

from bot.understanding import TIMEOUT_S, Understanding, UnderstandingClient, UnderstandingUnavailable
from tests.bot.meaning import MODEL, meant
from tests.bot.understanding_process import Answer, UnderstandingProcess, answering, too_slow

TABLE = {
    "tiền điện nhiêu": meant("ask_amount", "electricity", ("loan_poor", 0.03), words=3),
    "chào": meant("greet", words=1),
}
GOOD = {"intent": {"name": "greet", "confidence": 0.9}, "topics": [{"name": "none", "confidence": 0.9}]}


def understand(
    process: UnderstandingProcess, socket: Path, texts: list[str], timeout_s: float = TIMEOUT_S
) -> list[Understanding]:
    async def run() -> list[Understanding]:
        async with process.listening(socket), UnderstandingClient(socket, timeout_s) as client:
            return await client.understand(texts)

    return asyncio.run(run())


def parsed(*results: object, model: object = MODEL) -> Answer:
    return answering(json.dumps({"model": model, "results": list(results)}).encode())


def test_texts_are_understood_in_order_in_one_request(tmp_path: Path) -> None:
    process = UnderstandingProcess(TABLE)

    found = understand(process, tmp_path / "nlu.sock", ["chào", "tiền điện nhiêu", "gì đó"])

    assert found == [TABLE["chào"], TABLE["tiền điện nhiêu"], meant("out_of_scope", words=2)]
    assert found[1].topic.name == "electricity"
    assert process.asked == [["chào", "tiền điện nhiêu", "gì đó"]]


def test_nothing_to_understand_asks_nobody(tmp_path: Path) -> None:
    process = UnderstandingProcess()

    assert understand(process, tmp_path / "nlu.sock", []) == []
    assert process.asked == []


def test_a_result_without_topics_is_about_nothing(tmp_path: Path) -> None:
    process = UnderstandingProcess()
    process.answer = parsed({"intent": {"name": "greet", "confidence": 1}})

    (found,) = understand(process, tmp_path / "nlu.sock", ["chào"])

    assert found.topic.name == "none"
    assert found.topic.confidence == 0


BAD_ANSWERS = {
    "503": answering(b'{"error": "no model is open yet"}', 503),
    "500": answering(b"", 500),
    "500 that looks well": answering(json.dumps({"model": "m", "results": [GOOD, GOOD]}).encode(), 500),
    "a redirect": answering(b"", 302),
    "nothing": answering(b""),
    "no JSON": answering(b"<html>bad gateway</html>", content_type="text/html"),
    "no UTF-8": answering(b'{"model": "\xff", "results": []}'),
    "half of it": answering(b'{"model": "m", "results": [{"intent"'),
    "a list": answering(b"[]"),
    "null": answering(b"null"),
    "no model": answering(json.dumps({"results": [GOOD]}).encode()),
    "a model without a name": parsed(GOOD, model=None),
    "no results": answering(b'{"model": "m"}'),
    "null results": answering(b'{"model": "m", "results": null}'),
    "results of text": answering(b'{"model": "m", "results": ["greet"]}'),
    "results by name": answering(b'{"model": "m", "results": {"chao": {}}}'),
    "an intent of text": parsed({"intent": "greet", "topics": []}),
    "an intent without a name": parsed({"intent": {"name": None, "confidence": 1.0}}),
    "an intent without confidence": parsed({"intent": {"name": "greet"}}),
    "a confidence in words": parsed({"intent": {"name": "greet", "confidence": "sure"}}),
    "a confidence that is no number": answering(
        b'{"model": "m", "results": [{"intent": {"name": "greet", "confidence": NaN}}]}'
    ),
    "an endless confidence": answering(
        b'{"model": "m", "results": [{"intent": {"name": "greet", "confidence": 1e999}}]}'
    ),
    "topics of text": parsed({"intent": {"name": "greet", "confidence": 1.0}, "topics": "none"}),
    "deep nonsense": answering(b'{"model": "m", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "too few": parsed(GOOD),
    "too many": parsed(GOOD, GOOD, GOOD),
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS.keys())
def test_an_unusable_answer_is_told_apart_from_an_understanding(answer: Answer, tmp_path: Path) -> None:
    process = UnderstandingProcess()
    process.answer = answer

    with pytest.raises(UnderstandingUnavailable):
        understand(process, tmp_path / "nlu.sock", ["chào", "hỏi"])


def test_nobody_waits_longer_than_a_second(tmp_path: Path) -> None:
    process = UnderstandingProcess()
    process.answer = too_slow
    began = time.monotonic()

    with pytest.raises(UnderstandingUnavailable, match="Timeout"):
        understand(process, tmp_path / "nlu.sock", ["chào"])

    assert TIMEOUT_S == 1.0
    assert time.monotonic() - began < 3


def test_a_process_that_is_down_is_unavailable(tmp_path: Path) -> None:
    async def ask(socket: Path) -> None:
        async with UnderstandingClient(socket) as client:
            await client.understand(["chào"])

    with pytest.raises(UnderstandingUnavailable):
        asyncio.run(ask(tmp_path / "nobody.sock"))


def test_a_process_that_comes_back_is_asked_again(tmp_path: Path) -> None:
    socket = tmp_path / "nlu.sock"

    async def run() -> list[Understanding]:
        async with UnderstandingClient(socket) as client:
            async with UnderstandingProcess(TABLE).listening(socket):
                await client.understand(["chào"])
            with pytest.raises(UnderstandingUnavailable):
                await client.understand(["chào"])
            async with UnderstandingProcess(TABLE).listening(socket):
                return await client.understand(["chào"])

    assert asyncio.run(run()) == [TABLE["chào"]]


def test_a_client_that_is_not_open_says_so(tmp_path: Path) -> None:
    async def run() -> None:
        client = UnderstandingClient(tmp_path / "nlu.sock")
        with pytest.raises(UnderstandingUnavailable):
            await client.understand(["chào"])
        async with client:
            pass
        with pytest.raises(UnderstandingUnavailable):
            await client.understand(["chào"])

    asyncio.run(run())


def test_the_model_that_answers_is_told(tmp_path: Path) -> None:
    async def run() -> str:
        async with UnderstandingProcess().listening(tmp_path / "s"), UnderstandingClient(tmp_path / "s") as client:
            return await client.model()

    assert asyncio.run(run()) == MODEL
