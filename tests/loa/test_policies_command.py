"""`loa policies` as an official uses it, on a folder of its own; and what an installation lets be spoken."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.answering import ReplyForm
from foundation.clock import today, utc_now
from foundation.database import Database
from foundation.settings import Settings
from loa.commands import main
from loa.demo import OFFICIALS
from loa.wiring import Loa
from people import AuditEntry, add_official, official_named
from policies import PACKAGE, AnswerBook, Standing
from tests.loa.serving import Installation


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the law to sign in."""
    law = tmp_path / "law"
    for name in ("answers", "parameters"):
        shutil.copytree(PACKAGE / name, law / name)
    for file in PACKAGE.glob("*.yaml"):
        shutil.copy(file, law)
    return law


@pytest.fixture
def office(install: Callable[..., Installation]) -> Database:
    """The database of an installation with the officials of the demo."""
    database = install().loa.database
    with database.write() as session:
        for name, role in OFFICIALS:
            add_official(session, name, role, None, utc_now(), "set-up")
    return database


def run(folder: Path, *arguments: str) -> Result:
    """`loa policies ARGUMENTS` on this copy of the law, by the installation beside it."""
    env = {"LOA_HOME": str(folder.parent / "home")}
    return CliRunner(env=env).invoke(main, ["policies", "--folder", str(folder), *arguments])


def signatures(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return session.query(AuditEntry).filter_by(action="answer.approved").all()


@pytest.mark.usefixtures("office")
def test_what_waits_is_signed_and_waits_no_more(folder: Path) -> None:
    before = json.loads(run(folder, "pending", "--json").stdout)
    assert {"subject", "title", "standing", "written_by", "approved_by", "authority", "review_by"} <= set(
        before["answers"][0]
    )
    assert any(document["number"] == "60/2014/QĐ-TTg" for document in before["undated"])

    signed = run(folder, "approve", "electricity", "--as", "minh", "--review-by", "2099-01-31", "--json")
    assert signed.exit_code == 0
    assert json.loads(signed.stdout)["approved_by"] == "minh"

    after = json.loads(run(folder, "pending", "--json").stdout)
    waiting = [{one["subject"] for one in listed["answers"]} for listed in (before, after)]
    assert waiting[0] - waiting[1] == {"electricity"}
    assert run(folder, "lint").exit_code == 0


def test_a_person_reads_what_waits(folder: Path) -> None:
    shown = run(folder, "pending").stdout
    assert "electricity" in shown
    assert "hi_nearpoor_benefit" in shown
    assert "60/2014/QĐ-TTg" in shown


def test_an_answer_is_explained_by_facet_on_a_day(folder: Path) -> None:
    told = json.loads(run(folder, "explain", "electricity", "--on", "2024-06-01", "--json").stdout)
    assert "54.180 đồng" in told["answers"]["amount"]["text"]
    assert told["answers"]["amount"]["citations"][0]["number"] == "28/2014/QĐ-TTg"
    assert "legal" in told["answers"]
    assert told["standing"] == "unapproved"
    shown = run(folder, "explain", "electricity").stdout
    assert "59.520 đồng" in shown
    assert "{" not in shown


@pytest.mark.parametrize("name", ["minh", "quan"])
def test_who_signs_which_version_is_recorded(folder: Path, office: Database, name: str) -> None:
    assert run(folder, "approve", "electricity", "--as", name, "--review-by", "2099-01-31").exit_code == 0

    book = AnswerBook.load(folder)
    assert book.standing("electricity", today(utc_now())) is Standing.APPROVED
    (entry,) = signatures(office)
    assert (entry.actor, entry.subject_kind, entry.subject_id) == (name, "answer", "electricity")
    assert entry.details == {"version": book.versions["electricity"], "review_by": "2099-01-31"}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("lan", "«lan» không có quyền làm việc này (approve)"),
        ("hoa", "«hoa» không có quyền làm việc này (approve)"),
        ("Nguyễn Lan", "không có người dùng «Nguyễn Lan»: thêm bằng loa user add"),
        ("minh", "không có người dùng «minh»"),
    ],
)
def test_only_an_official_who_may_approve_signs(folder: Path, office: Database, name: str, says: str) -> None:
    with office.write() as session:
        official_named(session, "minh").active = False
    before = (folder / "answers" / "electricity.yaml").read_bytes()
    done = run(folder, "approve", "electricity", "--as", name)
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr
    assert (folder / "answers" / "electricity.yaml").read_bytes() == before
    assert signatures(office) == []


def test_nobody_signs_what_they_wrote(folder: Path, office: Database) -> None:
    file = folder / "answers" / "electricity.yaml"
    file.write_text(file.read_text("utf-8").replace("written_by: nhóm Loa", "written_by: Minh"), "utf-8")
    done = run(folder, "approve", "electricity", "--as", "minh")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "do Minh soạn: người khác phải duyệt" in done.stderr
    assert signatures(office) == []


def test_without_an_installation_nobody_can_sign(folder: Path) -> None:
    done = run(folder, "approve", "electricity", "--as", "minh")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "loa setup" in done.stderr


MISTAKES = [
    (("approve", "water", "--as", "minh"), 1, "không có câu trả lời «water»"),
    (("approve", "electricity"), 2, "--as"),
    (("approve", "electricity", "--as", "minh", "--review-by", "2020-01-01"), 1, "không sau hôm nay"),
    (("approve", "electricity", "--as", "minh", "--review-by", "soon"), 2, "soon"),
    (("explain", "water"), 1, "không có câu trả lời «water»"),
    (("explain", "electricity", "--on", "1990-01-01"), 1, "quá sớm"),
    (("explain", "social_pension", "--on", "2020-01-01"), 1, "chưa có gì để nói"),
    (("explain", "electricity", "--on", "9000-01-01"), 1, "quá xa"),
]


@pytest.mark.usefixtures("office")
@pytest.mark.parametrize(("arguments", "code", "says"), MISTAKES)
def test_a_mistake_is_one_clear_message(folder: Path, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = run(folder, *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


@pytest.mark.parametrize(("on", "says"), [("1800-01-01", "quá sớm"), ("2999-01-01", "quá xa")])
def test_a_day_out_of_range_is_a_clear_error_of_ask(on: str, says: str, tmp_path: Path) -> None:
    done = CliRunner(env={"LOA_HOME": str(tmp_path)}).invoke(main, ["ask", "tien dien", "--on", on])
    assert (done.exit_code, done.stdout) == (1, "")
    assert says in done.stderr


def test_production_speaks_only_what_is_signed_and_settings_say_in_which_form(tmp_path: Path) -> None:
    production = Loa(Settings(home=tmp_path, env="production", reply_form="bare")).answerer
    demo = Loa(Settings(home=tmp_path, env="demo")).answerer
    assert (production.signed_only, production.form) == (True, ReplyForm.BARE)
    assert (demo.signed_only, demo.form) == (False, ReplyForm.AS_WRITTEN)
