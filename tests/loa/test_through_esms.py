"""A broadcast through an eSMS of our own to forty phones, and a person's text to the short code."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bot.models import Inbound
from foundation.clock import local, utc_now
from loa.wiring import Loa
from scheduler.outbox import OutboundMessage
from tests.gateways.esms_server import EsmsServer, esms_server
from tests.loa.serving import Installation
from tests.services import until

PHONES = [f"0912{number:06d}" for number in range(40)]
TEXT = "Moi ba con thon Trung Hoa hop luc 8 gio thu bay."
THEIRS = "Moi ba con thon {P1,30} hop luc {P2,5} gio thu bay."
OURS = "Moi ba con thon {thon,30} hop luc {gio,5} gio thu bay."


@pytest.fixture
def esms() -> Iterator[EsmsServer]:
    with esms_server(templates=[THEIRS], joins_with="?") as server:
        yield server


@pytest.fixture
def installation(install: Callable[..., Installation], esms: EsmsServer) -> Installation:
    """One that knows no other gateway."""
    installation = install(
        gateways="esms",
        hours="public_information=00:00-24:00",
        esms_url=esms.url,
        esms_api_key=esms.api_key,
        esms_secret_key=esms.secret_key,
        esms_brandname=esms.brandname,
        esms_short_code="8041",
        esms_cpid=esms.cpid,
        esms_private_key=esms.private_key,
    )
    esms.inbound_url = f"{installation.url}/gateways/esms/inbound"
    return installation


def states(loa: Loa) -> Counter[str]:
    with loa.database.read() as session:
        return Counter(map(str, session.scalars(select(OutboundMessage.state))))


def scheduled(installation: Installation, folder: Path, phones: list[str]) -> int:
    """A broadcast to these, approved, due in a moment; its number."""
    contacts = folder / "contacts.csv"
    contacts.write_text("\n".join(["Số điện thoại,Họ tên", *(f"{phone},Người dân" for phone in phones)]), "utf-8")
    at = local(utc_now() + timedelta(seconds=20)).strftime("%Y-%m-%d %H:%M:%S")
    made = installation.json(
        *("broadcast", "create", "--text", TEXT, "--to", str(contacts), "--at", at),
        *("--class", "public_information", "--as", "lan"),
    )
    assert made["recipients"] == len(phones)
    installation.run("broadcast", "submit", str(made["id"]), "--as", "lan")
    installation.run("broadcast", "approve", str(made["id"]), "--as", "minh")
    return int(made["id"])


def answered_in_the_response(esms: EsmsServer) -> str:
    """What comes back to a person's text at once; a machine that is too slow for one may answer the next."""
    for number in range(5):
        status, body = esms.text_from("0912345678", "HM Ho ngheo duoc gi", "20261120100500", f"mo-{number}")
        assert status in (200, 503)
        if status == 200 and body:
            assert f"<Smsid>mo-{number}</Smsid><Receiver>84912345678</Receiver></ClientResponse>" in body
            return body
    raise AssertionError("five texts, and no answer in time")


@pytest.mark.timeout(300)
def test_forty_texts_of_an_approved_template_arrive_once_each_and_are_followed_to_their_end(
    installation: Installation, esms: EsmsServer, tmp_path: Path
) -> None:
    installation.run("user", "add", "lan", "--role", "editor")
    installation.run("user", "add", "minh", "--role", "approver")
    esms.fates = {"0912000007": "failed"}
    with installation.serve():
        loa = installation.loa
        scheduled(installation, tmp_path, ["0987654321"])
        until(lambda: states(loa) == {"failed": 1}, 60, "without a template nobody is reached")
        with loa.database.read() as session:
            said = session.scalars(select(OutboundMessage.detail)).one()
        assert said == "no approved template has the form of this text"
        assert esms.arrivals == []

        installation.run("templates", "add", "esms", "hop-thon", "--body", OURS, "--state", "approved")
        # One is refused for a moment and tried again; of one the answer is lost, and its callback settles it.
        esms.trouble = ["503", "takes and hangs up"]
        scheduled(installation, tmp_path, PHONES)
        ends = {"failed": 1, "delivered": len(PHONES) - 1, "undelivered": 1}
        until(lambda: states(loa) == ends, 60, f"fates: {esms.told}")

        assert answered_in_the_response(esms).startswith("<ClientResponse><Message>")
        again = [esms.text_from("0987654321", "HM Ho ngheo duoc gi", "20261120100500", "again") for _ in range(3)]
        assert {status for status, _ in again} <= {200, 503} and again[-1][0] == 200
        with loa.database.read() as session:
            ours = select(func.count()).select_from(Inbound).where(Inbound.provider_id == "again")
            assert session.scalar(ours) == 1
    assert Counter(phone for order in esms.orders.values() for phone in order.phones) == dict.fromkeys(PHONES, 1)
    assert {order.content for order in esms.orders.values()} == {TEXT}
    assert len(esms.arrivals) == len(PHONES) + 1
    assert set(esms.told) <= {200, 503}, "a database under load may ask for patience"
    log = (installation.home / "serve.log").read_text("utf-8")
    for private in (esms.api_key, esms.secret_key, esms.private_key, "912000007", TEXT):
        assert private not in log
