"""What real processes log at the most talkative level: events with counts, and nobody's number, words or secrets."""

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.models import Inbound, InboundState
from campaigns import broadcasts as life
from foundation.clock import utc_now
from foundation.message_class import MessageClass
from foundation.phones import parse_phone
from gateways.kannel import KannelGateway
from gateways.simulator import SimulatorGateway
from loa.wiring import ROOT
from people import Group, GroupMember, Role, add_official, official_named, upsert_contact
from scheduler.outbox.overview import trusts
from scheduler.outbox.states import CircuitState
from tests.gateways.far_end import FarEnd, answers, far_end, hangs_up, talks_nonsense
from tests.loa.outgrown import understanding
from tests.loa.phones import ask_from
from tests.loa.serving import Installation, call
from tests.services import until

BROADCAST = "Mời bà Trần Thị Ngọc Bích họp thôn, chuyện thửa ruộng Gò Dưa."
ASKED = "chong toi la Le Van Khoai hay danh toi, nha o Go Dua, cccd 049203001234, sdt {spelling}"
WORDS = ("Ngọc Bích", "Gò Dưa", "Khoai", "danh toi", "Go Dua", "thửa ruộng", "bí mật của cổng", "049203001234")
SECRETS = {"kannel_password": "mat-khau-kannel-7Q", "metrics_token": "the-theo-doi-8R"}
PEOPLE = [f"09123456{number:02d}" for number in range(12)]
SPELLINGS = [
    *("0987654321", "+84987654321", "84987654321", "0084987654321", "0987 654 321", "0987.654.321", "0987-654-321"),
    *("(84) 987654321", "+84 (0)987 654 321", "098 765 43 21", "%2B84987654321", "0987%20654%20321"),
]
LEAKY = answers(500, f"bí mật của cổng: 0912345601, {BROADCAST}, +84987654321")
"""A carrier that quotes what it was given."""
NOT_OURS = answers(403, "0912345601: bí mật của cổng")
START_S = 90.0


@contextmanager
def running(installation: Installation, *roles: str) -> Iterator[dict[str, Path]]:
    """`loa ROLE …` as real processes; what each logs."""
    started = {}
    try:
        for role in roles:
            name = role.split()[0]
            log = installation.home / f"{name}.log"
            with log.open("ab") as file:
                command = [sys.executable, "-m", "loa", *role.split()]
                started[name] = subprocess.Popen(
                    command, env=installation.environment, cwd=ROOT, stdout=file, stderr=file, start_new_session=True
                )
        until(lambda: call(f"{installation.url}/readyz") == 200, START_S, "the web process answers")
        yield {name: installation.home / f"{name}.log" for name in started}
    finally:
        for process in started.values():
            process.send_signal(signal.SIGTERM)
        for process in started.values():
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()


def broadcast(installation: Installation) -> None:
    """One to these people, approved, and due in a moment."""
    loa, now = installation.loa, utc_now()
    route, public = loa.route_of(MessageClass.PUBLIC_INFORMATION), MessageClass.PUBLIC_INFORMATION
    with loa.database.write() as session:
        add_official(session, "lan", Role.EDITOR, None, now, "test")
        add_official(session, "minh", Role.APPROVER, None, now, "test")
        group = Group(name="xã", created_at=now)
        session.add(group)
        session.flush()
        for phone in PEOPLE:
            session.add(GroupMember(group_id=group.id, contact_id=upsert_contact(session, parse_phone(phone), now)))
        writer, approver = official_named(session, "lan"), official_named(session, "minh")
        made = life.create(session, writer, BROADCAST, group, public, now + timedelta(seconds=2), route, now)
        life.submit(session, made, writer, route, now)
        life.approve(session, made, approver, route, now)


def bad_calls(installation: Installation) -> None:
    """Forged, replayed, cut short, too large, and about nothing: all with somebody's number and words in them."""
    kannel, simulator = installation.loa.gateways["kannel"], installation.loa.gateways["simulator"]
    assert isinstance(kannel, KannelGateway)
    assert isinstance(simulator, SimulatorGateway)
    url, words = installation.url, ASKED.format(spelling="+84987654321").encode()
    inbound = kannel._config.inbound_url.replace("%I", "in-1").replace("%T", "1700000000")
    sender = {"X-Kannel-From": "+84987654321", "X-Kannel-To": "8099", "Content-Type": "text/plain; charset=UTF-8"}
    assert call(inbound, words, sender) == 200
    assert call(inbound, words, sender) == 200
    assert call(inbound, b"\xff\xfe" + words, sender) in (200, 400)
    assert call(inbound, words, {**sender, "X-Kannel-From": "goi 0987654321 di"}) in (200, 400)
    assert call(f"{url}/gateways/kannel/inbound?from=%2B84987654321&text=danh+toi", words, sender) == 403
    assert call(f"{url}/gateways/kannel/receipts?to=0987654321&ref=nobody") in (400, 403)
    assert call(f"{url}/gateways/simulator/inbound", words) in (400, 403)
    assert call(f"{url}/gateways/simulator/inbound", words * 20_000) in (0, 413)
    assert call(f"{url}/gateways/0987654321/inbound", words) == 404
    assert call(f"{url}/metrics", headers={"Authorization": "Bearer wrong 0987654321"}) == 401
    forged = simulator.network.send_from_phone("0987654321", ASKED, utc_now())
    assert call(f"{url}{forged.url}", forged.body + b"x", dict(forged.headers)) == 403


def is_over(installation: Installation) -> bool:
    """Every text was dealt with, and nobody trusts the carrier any more."""
    with installation.loa.database.read() as session:
        unanswered = session.scalar(select(func.count()).where(Inbound.state != InboundState.DONE))
        (trust,) = trusts(session, ["kannel"])
        return not unanswered and trust.circuit is CircuitState.OPEN


def told(log: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.read_text("utf-8").splitlines()]


def spelled(number: str) -> re.Pattern[str]:
    """A number's subscriber part, whatever stands between its digits."""
    digits = re.sub(r"\D", "", number)[-9:]
    return re.compile(r"\D{0,4}".join(digits))


@pytest.mark.timeout(300)
def test_a_day_with_everything_in_it_is_logged_without_anybody_in_it(
    install: Callable[..., Installation],
) -> None:
    acts = (LEAKY, hangs_up, talks_nonsense, answers(429), *[LEAKY] * (len(PEOPLE) - 5), NOT_OURS)
    with far_end(*acts) as carrier:
        installation = install(
            gateways="kannel,simulator",
            log_level="DEBUG",
            hours=",".join(f"{each}=00:00-24:00" for each in ("public_information", "operational")),
            kannel_url=carrier.url,
            kannel_username="loa",
            kannel_sender="8099",
            **SECRETS,
        )
        with understanding(installation.home), running(installation, "web", "worker --with-clock") as logs:
            broadcast(installation)
            for spelling in SPELLINGS:
                ask_from(installation, "0987654321", ASKED.format(spelling=spelling))
            bad_calls(installation)
            until(lambda: is_over(installation), 120, f"all is over\n{installation.home}")
        assert_nobody_in(installation, logs, carrier)


def assert_nobody_in(installation: Installation, logs: dict[str, Path], carrier: FarEnd) -> None:
    written = "\n".join(log.read_text("utf-8") for log in logs.values())
    for word in (*WORDS, *SECRETS.values()):
        assert word not in written, word
        assert json.dumps(word)[1:-1] not in written, word
    for key in (installation.home / "keys").glob("*.key"):
        assert key.read_text("ascii").strip() not in written
    for number in (*PEOPLE, "0987654321"):
        assert not (found := spelled(number).search(written)), found
    web, worker = told(logs["web"]), told(logs["worker"])
    assert all({"event", "level", "role", "timestamp"} <= line.keys() for line in (*web, *worker))
    refused = [line for line in web if line["event"] == "a call was refused"]
    assert len(refused) >= 5
    assert all({"gateway", "status", "reason"} <= line.keys() for line in refused)
    stored = [line for line in web if line["event"] == "a group was stored"]
    assert stored
    assert all({"calls", "seconds"} <= line.keys() for line in stored)
    for event in ("claimed", "settled"):
        lines = [line for line in worker if line["event"] == event]
        assert {line["gateway"] for line in lines} == {"kannel", "simulator"}, event
        assert all({"messages", "seconds"} <= line.keys() for line in lines), event
    assert [line for line in worker if line["event"] == "a circuit moved"]
    assert len(carrier.requests) >= 10
