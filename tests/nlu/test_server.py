"""The server as the bot sees it: texts in over a socket, what was understood out."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nlu.models import ModelStore
from tests.nlu.conftest import ROOT, Server

Start = Callable[[Path], Server]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, market_model: Path) -> Iterator[Server]:
    """One server for the tests that only ask."""
    folder = tmp_path_factory.mktemp("served")
    store = ModelStore(folder / "models")
    model_id = store.install(market_model)
    store.promote(model_id)
    command = [sys.executable, "-m", "nlu.server", "--models", str(folder / "models"), "--socket", str(folder / "s")]
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
    server = Server(process, folder / "s")
    try:
        server.wait_for(model_id)
        yield server
    finally:
        process.kill()
        process.wait(timeout=10)


def heard(result: dict[str, Any]) -> tuple[str, str]:
    return result["intent"]["name"], result["topics"][0]["name"]


@pytest.mark.parametrize(
    ("text", "intent", "topic"),
    [
        ("Thuê sạp ở chợ hết bao nhiêu tiền ạ?", "ask_amount", "stall"),
        ("Thue sap o cho het bao nhieu tien a?", "ask_amount", "stall"),
        ("thue sap o cho het bn tien z", "ask_amount", "stall"),
        ("Gửi xe đạp ở đâu vậy", "ask_where", "parking"),
        ("GUI XE DAP O DAU VAY", "ask_where", "parking"),
        ("cảm ơn chị nhiều", "thank", "none"),
        ("cam on chi nhieu", "thank", "none"),
    ],
)
def test_a_question_is_understood_however_it_is_typed(served: Server, text: str, intent: str, topic: str) -> None:
    assert heard(served.parse(text)[0]) == (intent, topic)


def test_an_entity_is_found_with_and_without_diacritics(served: Server) -> None:
    accented, bare = served.parse("hộ nghèo gửi xe máy bao nhiêu tiền", "ho ngheo gui xe may bao nhieu tien")
    assert accented["entities"] == bare["entities"]
    assert {(e["entity"], e["value"], e["start"], e["end"]) for e in bare["entities"]} == {
        ("household_status", "poor", 0, 8),
        ("vehicle", "motorbike", 13, 19),
    }


def test_text_in_decomposed_form_means_the_same(served: Server) -> None:
    import unicodedata

    text = "hộ nghèo gửi xe máy bao nhiêu tiền"
    composed, decomposed = served.parse(text, unicodedata.normalize("NFD", text))
    assert composed == decomposed


def test_answers_come_in_the_order_of_the_texts(served: Server) -> None:
    texts = ["xin chào", "gửi xe ở đâu", "", "cảm ơn nhiều"] * 20
    results = served.parse(*texts)
    assert [result["intent"]["name"] for result in results] == ["greet", "ask_where", "out_of_scope", "thank"] * 20


def test_each_answer_ranks_at_most_three(served: Server) -> None:
    result = served.parse("gửi xe ở đâu")[0]
    for ranking in (result["ranking"], result["topics"]):
        confidences = [label["confidence"] for label in ranking]
        assert len(confidences) == 3
        assert confidences == sorted(confidences, reverse=True)
        assert sum(confidences) <= 1.001
    assert result["intent"] == result["ranking"][0]


@pytest.mark.parametrize("text", ["", " ", "\x00", "/", "\u200b"])
def test_a_text_without_words_is_nothing_we_know(served: Server, text: str) -> None:
    assert served.parse(text)[0] == {
        "intent": {"name": "out_of_scope", "confidence": 0.0},
        "ranking": [],
        "topics": [],
        "entities": [],
    }


@pytest.mark.parametrize("text", ["😀😀😀", "?!…", "١٢٣", "你好", "a" * 5000, "ạ" * 1001, "\u0301\u0323 x"])
def test_a_strange_text_gets_an_answer(served: Server, text: str) -> None:
    assert served.parse(text)[0]["ranking"]


@pytest.mark.parametrize("text", ['/ask_amount{"household_status": "poor"}', "/greet", "///greet", " / greet"])
def test_a_command_to_rasa_is_only_a_text(served: Server, text: str) -> None:
    """Rasa alone would believe it with confidence 1."""
    assert served.parse(text)[0]["intent"]["confidence"] < 1


def test_a_megabyte_is_read_as_its_first_thousand_characters(served: Server) -> None:
    began = time.monotonic()
    long, short = served.parse("gửi xe ở đâu " * 80_000, ("gửi xe ở đâu " * 80)[:1000])
    assert time.monotonic() - began < 2
    assert long == short


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b'{"texts": "one"}',
        b'{"texts": null}',
        b'{"texts": [null]}',
        b'{"texts": [1]}',
        b'{"texts": ["fine", {"text": "x"}]}',
        b'{"texts": ["\\ud800"]}',
        b'{"texts": ["\xff"]}',
        b"[" * 100_000,
        json.dumps({"texts": ["x"] * 257}).encode(),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(served: Server, body: bytes) -> None:
    status, answer = served.request("POST", "/parse", body)
    assert status == 400
    assert answer["error"]


def test_a_body_beyond_all_measure_is_refused(served: Server) -> None:
    status, _ = served.request("POST", "/parse", b" " * (9 * 1024 * 1024))
    assert status == 413


def test_many_at_once_are_all_answered(served: Server) -> None:
    """Forty askers, each with its own texts, share batches and get their own answers."""
    wrong: list[Any] = []

    def ask(number: int) -> None:
        for _ in range(5):
            text, intent = [("xin chào", "greet"), ("gửi xe ở đâu", "ask_where")][number % 2]
            found = [result["intent"]["name"] for result in served.parse(*[text] * (1 + number % 3))]
            wrong.extend(name for name in found if name != intent)

    askers = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=60)
    assert not wrong


def test_only_its_owner_may_use_the_socket(served: Server) -> None:
    assert served.path.stat().st_mode & 0o077 == 0


def test_a_second_server_leaves_the_first_alone(served: Server, store: ModelStore, start: Start) -> None:
    command = [sys.executable, "-m", "nlu.server", "--models", "x", "--socket", str(served.path)]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=30
    )
    assert done.returncode == 1
    assert b"another server answers there" in done.stderr
    assert served.parse("xin chào")


def test_texts_are_served_on_loopback_only(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "nlu.server", "--models", str(tmp_path), "--host", "0.0.0.0", "--port", "5005"]
    done = subprocess.run(
        command, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, timeout=30
    )
    assert done.returncode == 1
    assert b"loopback only" in done.stderr


def test_until_a_model_is_open_the_answer_is_503(tmp_path: Path, start: Start) -> None:
    server = start(tmp_path / "none-yet")
    server.wait_for(None)
    assert server.request("GET", "/healthz")[0] == 503
    assert server.request("POST", "/parse", b'{"texts": ["xin chao"]}')[0] == 503


def test_models_change_under_load_without_a_lost_request(store: ModelStore, other_model: Path, start: Start) -> None:
    first = store.current()
    second = store.install(other_model)
    server = start(store.archive("").parent)
    server.wait_for(first)
    seen: list[str] = []
    failed: list[Any] = []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            status, answer = server.request("POST", "/parse", '{"texts": ["gửi xe ở đâu"]}'.encode())
            if status == 200:
                seen.append(answer["model"])
            else:
                failed.append((status, answer))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    try:
        store.promote(second)
        server.wait_for(second)
        assert store.rollback() == first
        server.wait_for(first)
    finally:
        stop.set()
        for asker in askers:
            asker.join(timeout=60)
    assert not failed
    assert set(seen) == {first, second}


def test_a_broken_model_leaves_the_old_one_serving(store: ModelStore, tmp_path: Path, start: Start) -> None:
    good = store.current()
    server = start(store.archive("").parent)
    server.wait_for(good)
    import tarfile

    with tarfile.open(tmp_path / "broken.tar.gz", "w:gz") as archive:
        archive.add(__file__, "metadata.json")
    store.promote(store.install(tmp_path / "broken.tar.gz"))
    time.sleep(1)  # the server looks four times a second
    assert server.request("GET", "/healthz")[1] == {"model": good}
    assert server.parse("xin chào")


@pytest.mark.parametrize("ready", [True, False], ids=["serving", "opening its model"])
def test_it_ends_within_two_seconds_when_told_to(store: ModelStore, start: Start, ready: bool) -> None:
    server = start(store.archive("").parent)
    server.wait_for(store.current() if ready else None)
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(timeout=2) == 0
    assert not server.path.exists()


def test_it_ends_when_its_parent_is_killed(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "s"
    arguments = ["-m", "nlu.server", "--models", str(store.archive("").parent), "--socket", str(path)]
    starter = "import subprocess, sys; p = subprocess.Popen(sys.argv[1:]); print(p.pid, flush=True); p.wait()"
    parent = subprocess.Popen(
        [sys.executable, "-c", starter, sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
    )
    assert parent.stdout
    child = int(parent.stdout.readline())
    Server(parent, path).wait_for(store.current())
    parent.kill()
    parent.wait(timeout=10)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _alive(child):
        time.sleep(0.05)
    assert not _alive(child)


def test_nothing_of_a_text_reaches_the_log(store: ModelStore, tmp_path: Path) -> None:
    path = tmp_path / "s"
    command = [sys.executable, "-m", "nlu.server", "--models", str(store.archive("").parent), "--socket", str(path)]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    server = Server(process, path)
    server.wait_for(store.current())
    server.parse("bimatcuatui", "/bimatcuatui")
    server.request("POST", "/parse", b'{"texts": ["bimatcuatui", null]}')
    process.terminate()
    output, _ = process.communicate(timeout=10)
    assert b"bimatcuatui" not in output


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False
