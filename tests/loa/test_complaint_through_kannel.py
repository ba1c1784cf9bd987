"""The walk of a complaint through a real Kannel: owner told, answered from a registered phone, person told, status."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import select

from people import AuditEntry
from tests.kannel import KannelStack
from tests.loa.kannel_site import kannel_of
from tests.loa.serving import Installation

PERSON, OFFICIAL = "0912345678", "0901000001"
COMPLAINT = "Phản ánh: xã Măng Ri hứa cấp bồn nước từ tháng 3 mà tới giờ chưa thấy bồn nào"


def office(installation: Installation) -> None:
    installation.run("user", "add", "hoa", "--role", "handler")
    installation.run("user", "post", "hoa", "--body", "UBND xã Măng Ri", "--commune", "xã Măng Ri, Quảng Ngãi")
    installation.run("user", "phone", "hoa", OFFICIAL)
    installation.run("user", "duty", "add", "hoa", "--place", "xã Măng Ri, Quảng Ngãi")


def arrive(kannel: KannelStack, count: int) -> dict[str, str]:
    """The next texts on phones, by the last nine digits of the number, in any order."""
    return {text.to[-9:]: text.text for text in kannel.received(count, timeout=40)}


@pytest.mark.timeout(240)
def test_a_complaint_is_answered_from_the_officials_phone(install: Callable[..., Installation], tmp_path: Path) -> None:
    installation = install(gateways="kannel", hours="operational=00:00-24:00")
    office(installation)
    person, official = PERSON[-9:], OFFICIAL[-9:]
    with kannel_of(installation, tmp_path / "kannel") as kannel, installation.serve():
        kannel.phone_sends(PERSON, "8099", COMPLAINT)
        told = arrive(kannel, 2)
        found = re.search(r"PA\d{7}", told[person])
        assert found, told[person]
        code = found[0]
        assert re.search(r"\d+/\d+/20\d\d", told[person])
        assert code in told[official]
        assert "xa Mang Ri" in told[official]
        assert "bon nuoc" not in told[official], "a notice tells nothing of what the person wrote"
        assert "912345678" not in told[official]

        kannel.phone_sends(OFFICIAL, "8099", f"TL {code} Bon nuoc ve xa ngay 25/11.")
        told = arrive(kannel, 2)
        assert told[person] == f"{code}: Bon nuoc ve xa ngay 25/11."
        assert f"Đã gửi câu trả lời phiếu {code}" in told[official]

        kannel.phone_sends(PERSON, "8099", f"{code} toi dau roi")
        assert "da nhan tin tra loi" in arrive(kannel, 1)[person]
        kannel.phone_sends(OFFICIAL, "8099", f"{code} toi dau roi")
        assert "da nhan tin tra loi" not in arrive(kannel, 1)[official], "a status is its person's own"

    with installation.loa.database.read() as session:
        done = session.scalars(select(AuditEntry).where(AuditEntry.subject_id == code)).all()
    assert [(entry.actor, entry.action) for entry in done] == [("hoa", "ticket.answered")]
    shown = installation.json("tickets", "show", code, "--as", "hoa")
    assert (shown["status"], shown["owner"], shown["answers"][0]["official"]) == ("answered", "hoa", "hoa")
