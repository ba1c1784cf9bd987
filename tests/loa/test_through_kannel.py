"""From a phone through a real Kannel to an answer from the law, and a broadcast to 500 phones."""

import os
import signal
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.models import Inbound, Ticket
from campaigns.models import Broadcast
from foundation.clock import local, utc_now
from loa.wiring import Loa
from scheduler.outbox import OutboundMessage, State
from tests.loa.kannel_site import kannel_of
from tests.loa.serving import Installation, Serving
from tests.services import until

RECIPIENTS = 500
ANY_HOUR = "public_information=00:00-24:00"


def states(loa: Loa) -> Counter[str]:
    with loa.database.read() as session:
        return Counter(map(str, session.scalars(select(OutboundMessage.state))))


def officials(installation: Installation) -> None:
    installation.run("user", "add", "lan", "--role", "editor")
    installation.run("user", "add", "minh", "--role", "approver")


def contacts(folder: Path) -> Path:
    rows = [f"09{number:08d},Người {number}" for number in range(RECIPIENTS)]
    path = folder / "contacts.csv"
    path.write_text("\n".join(["Số điện thoại,Họ tên", *rows, "12345,Sai số", "0900000000,Trùng"]), "utf-8")
    return path


def approved_broadcast(installation: Installation, to: Path, text: str, seconds: float) -> int:
    at = local(utc_now() + timedelta(seconds=seconds)).strftime("%Y-%m-%d %H:%M:%S")
    made = installation.json(
        *("broadcast", "create", "--text", text, "--to", str(to), "--at", at),
        *("--class", "public_information", "--as", "lan"),
    )
    assert (made["status"], made["recipients"]) == ("draft", RECIPIENTS)
    assert [(bad["row"], bad["value"]) for bad in made["rejected"]] == [(RECIPIENTS + 2, "12345")]
    broadcast = str(made["id"])
    assert "chờ duyệt" in installation.run("broadcast", "submit", broadcast, "--as", "lan")
    assert "lan" in installation.run("broadcast", "approve", broadcast, "--as", "lan", expect=1)
    assert installation.json("broadcast", "approve", broadcast, "--as", "minh")["status"] == "scheduled"
    return int(broadcast)


@pytest.mark.timeout(240)
def test_a_question_through_kannel_is_answered_from_the_law_and_marked_delivered(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    installation = install(gateways="kannel")
    with kannel_of(installation, tmp_path / "kannel") as kannel, installation.serve():
        loa = installation.loa
        kannel.phone_sends("0912345678", "8099", "Hộ nghèo được hỗ trợ tiền điện bao nhiêu một tháng?")
        (answer,) = kannel.received(1, timeout=30)
        assert answer.to.endswith("912345678")
        assert "59.520" in answer.text
        assert "Nguồn: QĐ 28/2014" in answer.text
        until(lambda: states(loa) == {"delivered": 1}, 20, "the receipt marks it delivered")

        kannel.phone_sends("0987654321", "8099", "HUY")
        (confirmation,) = kannel.received(1, timeout=30)
        assert "tu choi" in confirmation.text
        kannel.phone_sends("0987654321", "8099", "cho toi noi chuyen truc tiep voi can bo")
        (acknowledged,) = kannel.received(1, timeout=30)
        with loa.database.read() as session:
            ticket = session.scalars(select(Ticket)).one()
            assert ticket.code in acknowledged.text
            assert set(session.scalars(select(Inbound.state))) == {"done"}


@pytest.mark.timeout(300)
def test_a_broadcast_of_500_arrives_once_each_although_the_worker_is_killed_on_the_way(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    installation = install(gateways="kannel", hours=ANY_HOUR)
    officials(installation)
    with kannel_of(installation, tmp_path / "kannel") as kannel, installation.serve() as serving:
        loa = installation.loa
        kannel.phone_sends("0900000007", "8099", "HUY")
        kannel.received(1, timeout=30)
        broadcast = approved_broadcast(installation, contacts(tmp_path), "Mời bà con họp thôn 8 giờ thứ bảy.", 12)
        arrived = kannel.received(100, timeout=60)
        kill_worker(serving)
        assert states(loa)[State.QUEUED], "the broadcast was over too soon for this test"
        until(lambda: states(loa)[State.QUEUED] + states(loa)[State.SENDING] == 0, 60, "everything left")
        unknown = states(loa)[State.UNKNOWN]
        arrived += kannel.received(RECIPIENTS - 1 - unknown - len(arrived), timeout=30)
        until(lambda: states(loa)[State.DELIVERED] + states(loa)[State.UNKNOWN] == RECIPIENTS, 30, "receipts")
        until(lambda: installation.json("broadcast", "status", str(broadcast))["status"] == "done", 20, "done")

        with loa.database.read() as session:
            made = session.get_one(Broadcast, broadcast)
            first = session.scalar(
                select(func.min(OutboundMessage.created_at)).where(OutboundMessage.batch_id.is_not(None))
            )
            assert first is not None
            assert timedelta() <= first - made.scheduled_at < timedelta(seconds=20)
        assert max(Counter(text.to for text in arrived).values()) == 1
        assert {text.text for text in arrived} == {"Mời bà con họp thôn 8 giờ thứ bảy."}
        assert not any(text.to.endswith("900000007") for text in arrived)
        status = installation.json("broadcast", "status", str(broadcast))
        assert status["counts"]["suppressed"] == 1
        assert sum(status["counts"].values()) == RECIPIENTS
        assert {"state": "suppressed", "reason": "opt_out", "count": 1} in status["reasons"]
        assert status["spent_vnd"] == (RECIPIENTS - 1) * 500


def kill_worker(serving: Serving) -> None:
    os.kill(serving.pids()["worker"], signal.SIGKILL)
