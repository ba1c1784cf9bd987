"""`loa ask`: the same turns in the contract's JSON, for one text, for many people, for a known number."""

import asyncio
import json
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.answering import Answerer
from bot.ask import BATCH, Line, converse, converse_as
from bot.hearing import OPENING
from bot.models import Ticket
from bot.understanding import UnderstandingClient
from foundation.database import Database
from foundation.text import MAX_INCOMING, segment, squeeze
from tests.bot.meaning import NOW, TODAY, meant
from tests.bot.understanding_process import UnderstandingProcess
from tests.bot.village import ME, all_inbound, all_replies

QUESTION = "ho ngheo dc ho tro tien dien bn"
COMPLAINT = "xã hứa cấp bồn nước mà chưa thấy"
TABLE = {
    QUESTION: meant("ask_amount", "electricity"),
    COMPLAINT: meant("report_problem"),
    "con giay to": meant("ask_documents"),
}
SHAPE: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "kind": (str,),
    "facts": (list,),
    "reply": (str,),
    "parts": (list,),
    "citations": (list,),
    "confidence": (float, type(None)),
    "ticket": (str, type(None)),
    "pledge_vnd": (int, type(None)),
    "elapsed_ms": (float,),
}
TEXTS = [QUESTION, COMPLAINT, "UNG HO 200K", "HUY", "DANG KY", "xóa dữ liệu", "", "PA7654325", "gì đó", "TRO GIUP"]

Turns = list[dict[str, Any]]


def ask(answerer: Answerer, folder: Path, lines: Sequence[Line], process: UnderstandingProcess | None = None) -> int:
    """Let everyone talk; how many texts the progress was told of."""
    progress: list[int] = []

    async def run() -> None:
        understanding = process or UnderstandingProcess(TABLE)
        async with understanding.listening(folder / "s"), UnderstandingClient(folder / "s") as client:
            await converse(lines, client, answerer, NOW, progress.append)

    asyncio.run(run())
    return sum(progress)


@pytest.mark.parametrize("text", TEXTS)
def test_a_turn_has_the_keys_and_types_of_the_contract(text: str, answerer: Answerer, tmp_path: Path) -> None:
    line = Line([text], TODAY)
    ask(answerer, tmp_path, [line])

    (turn,) = json.loads(json.dumps(line.turns))
    assert turn.keys() == SHAPE.keys()
    for key, types in SHAPE.items():
        assert isinstance(turn[key], types), key
    for part in turn["parts"]:
        assert part.keys() == {"text", "encoding", "segments"}
    for citation in turn["citations"]:
        assert citation.keys() == {"number", "article", "effective_from", "effective_to"}


def test_an_answer_in_json(answerer: Answerer, tmp_path: Path) -> None:
    line = Line([f" {QUESTION}\n"], TODAY)
    ask(answerer, tmp_path, [line])

    (turn,) = line.turns
    assert (turn["text"], turn["kind"], turn["facts"]) == (QUESTION, "answer", ["electricity"])
    assert "59.520 dong" in turn["reply"]
    assert turn["citations"][0]["number"] == "28/2014/QĐ-TTg"
    assert turn["citations"][0]["effective_from"] == "2014-06-01"
    assert turn["citations"][0]["effective_to"] is None
    assert (turn["confidence"], turn["ticket"], turn["pledge_vnd"]) == (0.95, None, None)
    assert turn["elapsed_ms"] > 0


@pytest.mark.parametrize("text", TEXTS)
def test_the_parts_make_up_the_reply_and_count_right(text: str, answerer: Answerer, tmp_path: Path) -> None:
    line = Line([text], TODAY)
    ask(answerer, tmp_path, [line])

    (turn,) = line.turns
    assert squeeze(" ".join(part["text"] for part in turn["parts"])) == squeeze(turn["reply"])
    for part in turn["parts"]:
        counted = segment(part["text"])
        assert (part["encoding"], part["segments"]) == (counted.encoding.value, counted.segments)
        assert 1 <= part["segments"] <= 3


def test_a_pledge_a_ticket_and_its_code_in_json(answerer: Answerer, tmp_path: Path) -> None:
    line = Line([COMPLAINT, "{{ticket}} tới đâu rồi", "UNG HO 200K", COMPLAINT, "phiếu {{ticket}}?"], TODAY)
    ask(answerer, tmp_path, [line])

    complaint, status, pledge, second, second_status = line.turns
    assert complaint["kind"] == "feedback"
    assert complaint["ticket"] in complaint["reply"]
    assert status["text"] == f"{complaint['ticket']} tới đâu rồi"
    assert (status["kind"], status["ticket"]) == ("status", None)
    assert f"{complaint['ticket']}: cán bộ đang xem" in status["reply"]
    assert (pledge["kind"], pledge["pledge_vnd"]) == ("pledge", 200_000)
    assert second["ticket"] != complaint["ticket"]
    assert second_status["text"] == f"phiếu {second['ticket']}?"


def test_a_ticket_named_before_there_is_one_stays_as_written(answerer: Answerer, tmp_path: Path) -> None:
    line = Line(["{{ticket}} tới đâu rồi"], TODAY)
    ask(answerer, tmp_path, [line])

    assert line.turns[0]["text"] == "{{ticket}} tới đâu rồi"


def test_each_line_is_a_fresh_person_and_keeps_to_its_day(answerer: Answerer, tmp_path: Path) -> None:
    lines = [
        Line([QUESTION, "con giay to"], TODAY),
        Line(["con giay to"], TODAY),
        Line([QUESTION], date(2024, 6, 1)),
        Line([], TODAY),
        Line(["HUY", QUESTION, "con giay to"], TODAY),
    ]

    assert ask(answerer, tmp_path, lines) == 7
    assert [[turn["kind"] for turn in line.turns] for line in lines] == [
        ["answer", "answer"],
        ["ask_back"],
        ["answer"],
        [],
        ["opt_out", "answer", "answer"],
    ]
    assert "54.180" in lines[2].turns[0]["reply"]
    assert lines[0].turns[1]["facts"] == lines[4].turns[2]["facts"] == ["electricity"]


def test_many_lines_are_understood_in_batches(answerer: Answerer, tmp_path: Path) -> None:
    process = UnderstandingProcess(TABLE)
    lines = [Line([f"câu {number}", QUESTION], TODAY) for number in range(BATCH + 10)]

    assert ask(answerer, tmp_path, lines, process) == 2 * len(lines)
    assert [len(texts) for texts in process.asked] == [BATCH, 10, BATCH, 10]
    assert all([turn["text"] for turn in line.turns] == list(line.texts) for line in lines)


def test_a_text_without_end_is_cut_before_it_is_understood(answerer: Answerer, tmp_path: Path) -> None:
    process = UnderstandingProcess(TABLE)
    line = Line(["a" * 10_000], TODAY)
    ask(answerer, tmp_path, [line], process)

    assert [len(texts[0]) for texts in process.asked] == [OPENING]
    assert len(line.turns[0]["text"]) == MAX_INCOMING
    assert line.turns[0]["kind"] == "out_of_scope"


def test_without_understanding_there_is_still_a_turn(answerer: Answerer, tmp_path: Path) -> None:
    async def run() -> Turns:
        line = Line([QUESTION, "{{ticket}}"], TODAY)
        async with UnderstandingClient(tmp_path / "nobody") as client:
            await converse([line], client, answerer, NOW)
        return line.turns

    question, status = asyncio.run(run())
    assert (question["kind"], status["kind"]) == ("handover", "status")
    assert question["ticket"] in status["reply"]


def test_a_known_number_is_remembered_and_nothing_is_sent(
    database: Database, answerer: Answerer, tmp_path: Path
) -> None:
    async def run() -> Turns:
        turns = []
        async with UnderstandingProcess(TABLE).listening(tmp_path / "s"), UnderstandingClient(tmp_path / "s") as client:
            for minutes, text in enumerate([QUESTION, "con giay to", COMPLAINT, "câu hỏi khác"]):
                now = NOW + timedelta(minutes=minutes)
                turns.append(await converse_as(database, "sms", ME, text, client, answerer, now, TODAY))
        return turns

    answer, follow_up, complaint, _ = asyncio.run(run())

    assert answer.keys() == SHAPE.keys()
    assert (answer["facts"], follow_up["facts"]) == (["electricity"], ["electricity"])
    with database.read() as session:
        (ticket,) = session.scalars(select(Ticket)).all()
    assert (ticket.code, ticket.address, ticket.inbound_id, ticket.gateway) == (complaint["ticket"], ME, None, None)
    assert all_inbound(database) == []
    assert all_replies(database) == []
