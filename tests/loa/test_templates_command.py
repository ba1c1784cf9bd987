"""`loa templates`: what an office writes down of the templates that its carrier approved."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

from loa.commands import main
from people import AuditEntry
from tests.gateways.esms_server import EsmsServer, esms_server
from tests.loa.serving import Installation

BODY = "Ho so {ma,20} da xong."


@pytest.fixture
def esms() -> Iterator[EsmsServer]:
    with esms_server() as server:
        yield server


@pytest.fixture
def office(install: Callable[..., Installation], esms: EsmsServer) -> Installation:
    return install(
        gateways="esms,esms_advertising,simulator",
        esms_url=esms.url,
        esms_api_key=esms.api_key,
        esms_secret_key=esms.secret_key,
        esms_brandname=esms.brandname,
    )


def say(office: Installation, *arguments: str, expect: int = 0) -> str:
    """Run `loa templates …` in this process; what it says, on whichever stream."""
    done = CliRunner(env=office.environment).invoke(main, ["templates", *arguments])
    assert done.exit_code == expect, (arguments, done.output)
    return done.output


def test_a_template_is_written_down_listed_and_judged(office: Installation, tmp_path: Path) -> None:
    assert "chưa có mẫu nào" in say(office, "list")
    assert "chờ duyệt" in say(office, "add", "esms", "ho-so", "--body", BODY)
    file = tmp_path / "mau.txt"
    file.write_text("Mời {ten} đến nhận.\n", "utf-8")
    assert "đã duyệt" in say(office, "add", "esms", "moi", "--body", str(file), "--state", "approved")
    assert "đã khóa" in say(office, "state", "esms", "moi", "disabled", "--because", "hết hạn")

    listed = office.json("templates", "list", "esms")
    assert [(row["template"], row["state"], row["body"], row["detail"]) for row in listed] == [
        ("ho-so", "pending", BODY, None),
        ("moi", "disabled", "Mời {ten} đến nhận.", "hết hạn"),
    ]
    assert "đã khóa" in say(office, "list") and "hết hạn" in say(office, "list", "esms")
    assert office.json("templates", "list", "zbs") == []
    with office.loa.database.read() as session:
        done = session.execute(select(AuditEntry.action, AuditEntry.subject_id)).all()
    assert [tuple(row) for row in done if row.action.startswith("template")] == [
        ("template.added", "esms/ho-so"),
        ("template.added", "esms/moi"),
        ("template.disabled", "esms/moi"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("add", "esms", "a", "--body", "{x} và {x}"), 1, "không đọc được nội dung mẫu"),
        (("add", "esms", "a", "--body", " "), 1, "không đọc được nội dung mẫu"),
        (("add", "esms", "a" * 81, "--body", BODY), 1, "tên mẫu"),
        (("add", "esms", "a", "--body", "dài " * 2_000, "--state", "không rõ"), 2, "--state"),
        (("add", "simulator", "a", "--body", BODY), 1, "các cổng cần mẫu: esms"),
        (("add", "esms_advertising", "a", "--body", BODY), 1, "các cổng cần mẫu: esms"),
        (("add", "nobody", "a", "--body", BODY), 1, "các cổng cần mẫu: esms"),
        (("state", "esms", "a", "approved"), 1, "không có mẫu «a»"),
        (("sync", "simulator"), 1, "các cổng cần mẫu: esms"),
    ],
)
def test_what_cannot_be_done_is_told(office: Installation, arguments: tuple[str, ...], code: int, says: str) -> None:
    assert says in say(office, *arguments, expect=code)


def test_the_same_name_twice_is_refused(office: Installation) -> None:
    say(office, "add", "esms", "a", "--body", "dài " * 2_000)
    assert "đã có" in say(office, "add", "esms", "a", "--body", BODY, expect=1)


def test_templates_are_asked_of_the_carrier(office: Installation, esms: EsmsServer) -> None:
    say(office, "add", "esms", "cua-ta", "--body", BODY)
    esms.templates = ["Ho so {P1,20} da xong.", "Moi ba con {P2,50}."]
    done = say(office, "sync", "esms")
    assert "2 mẫu" in done and "không nêu mẫu «cua-ta»" in done
    assert {row["template"]: row["state"] for row in office.json("templates", "list", "esms")} == {
        "401": "approved",
        "411": "approved",
        "cua-ta": "pending",
    }
    esms.secret_key = "another"
    assert "eSMS refuses our keys" in say(office, "sync", "esms", expect=1)
