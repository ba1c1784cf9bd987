"""Learning as an installation does it: labels out and in, candidates, promotion and the way back."""

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.learning import HIDDEN, Learned
from bot.models import Inbound, InboundState
from loa.commands.learning_sources import labelled, with_labels
from loa.nlu_process import run_module
from loa.wiring import ROOT
from people import AuditEntry
from tests.loa.serving import Installation

NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
TEXT = "tiền cho người già nhà tui 0912345678 mần răng"


@pytest.fixture
def installation(install: Callable[..., Installation], models: Path) -> Installation:
    """With models of its own and two officials, a text waiting."""
    made = install()
    (made.home / "models").unlink()
    current = (models / "current").read_text().split()[0]
    shutil.copytree(models / current, made.home / "models" / current)
    (made.home / "models" / "current").write_text(f"{current}\n")
    for name, role in (("hoa", "handler"), ("quan", "admin")):
        made.run("user", "add", name, "--role", role)
    with made.loa.database.write() as session:
        session.add(
            Inbound(
                gateway="simulator",
                provider_id="1",
                channel="sms",
                address="+84912345678",
                address_hash="+84912345678",
                text=TEXT,
                received_at=NOW,
                state=InboundState.DONE,
                kind="ask_back",
                facts=[],
                model_id=current,
            )
        )
    return made


@pytest.mark.parametrize("name", ["queue.jsonl", "queue.csv"])
def test_labels_go_out_and_come_in(installation: Installation, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert installation.json("nlu", "label", "export", str(file)) == {"exported": 1}
    out = file.read_text("utf-8-sig")
    assert HIDDEN in out
    assert "0912345678" not in out
    assert_labelled(installation, file, {"labelled": 0, "empty": 1, "rejected": []})
    wanted = {"intent": "ask_amount", "topic": "electricity"}
    rows = [{"id": 1, **wanted}, {"id": 1, "intent": "?"}, {"id": 9, "intent": "greet"}]
    file = tmp_path / "back.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert_labelled(
        installation,
        file,
        {
            "labelled": 1,
            "empty": 0,
            "rejected": [
                {"line": 2, "reason": "không có ý hỏi «?»"},
                {"line": 3, "reason": "không có tin 9 nào đã qua máy hiểu"},
            ],
        },
    )
    assert installation.json("nlu", "label", "export", str(tmp_path / name)) == {"exported": 0}
    assert labelled(installation.loa) == [Learned(TEXT.replace("0912345678", HIDDEN), **wanted)]
    assert "không có người dùng" in installation.run("nlu", "label", "import", str(file), "--as", "x", expect=1)
    assert "--as" in installation.run("nlu", "label", "import", str(file), expect=2)


def assert_labelled(installation: Installation, file: Path, expected: dict[str, Any]) -> None:
    assert installation.json("nlu", "label", "import", str(file), "--as", "hoa") == expected


def test_training_gets_the_labelled_texts_beside_our_own(installation: Installation, tmp_path: Path) -> None:
    said = [Learned("tiền xài đèn nhiêu vậy cà", "ask_amount", "electricity"), Learned("hú hú", "greet", None)]
    data = with_labels(installation.loa, said, tmp_path)
    groups = yaml.safe_load((data / "train.yml").read_text("utf-8"))["nlu"]
    examples = {group["intent"]: group["examples"].splitlines() for group in groups if "intent" in group}
    assert "- tiền xài đèn nhiêu vậy cà" in [line.strip() for line in examples["ask_amount/electricity"]]
    assert "- hú hú" in [line.strip() for line in examples["greet"]]
    assert len(examples) > 500
    assert not (tmp_path / "sources" / "test").exists()


def test_without_an_installation_there_are_no_labels(tmp_path: Path, models: Path) -> None:
    fresh = Installation(tmp_path / "fresh", models)
    assert labelled(fresh.loa) == []
    assert not (fresh.home / "loa.db").exists()


@pytest.mark.timeout(300)
def test_a_candidate_is_used_only_if_nothing_got_worse(installation: Installation, tmp_path: Path) -> None:
    before = current(installation)
    market = tmp_path / "market"
    build_market(installation, market)
    installation.run("nlu", "train", "--data", str(market), "--candidate")
    assert current(installation) == before
    (candidate,) = {path.parent.name for path in (installation.home / "models").glob("*/model.tar.gz")} - {before}

    refused = installation.run("nlu", "promote", candidate, "--as", "quan", expect=1)
    assert "kém hơn" in refused
    assert "không dấu" in refused
    assert current(installation) == before

    assert "--because" in installation.run("nlu", "promote", candidate, "--anyway", "--as", "quan", expect=2)
    forced = ("nlu", "promote", candidate, "--anyway", "--because", "thử ở chợ", "--as")
    assert "không có quyền" in installation.run(*forced, "hoa", expect=1)
    assert current(installation) == before
    assert installation.run(*forced, "quan").strip() == candidate
    assert current(installation) == candidate
    assert installation.run("nlu", "rollback", "--as", "quan").strip() == before
    assert current(installation) == before
    assert switches(installation) == [
        ("quan", "model.forced", candidate, {"before": before, "because": "thử ở chợ"}),
        ("quan", "model.rolled_back", before, {"before": candidate}),
    ]


@pytest.mark.timeout(180)
def test_the_current_model_is_judged_by_what_the_bot_says(installation: Installation) -> None:
    report = installation.json("nlu", "evaluate")
    assert report["answers"]["answer_accuracy"] > 0.85
    assert report["answers"]["false_answer_rate"] < 0.1
    assert set(report["answers"]["by_style"]) == set(report["by_style"])
    assert report["by_intent"]["ask_amount"]["n"] > 20
    assert report["intent_accuracy"] > 0.8


def test_a_model_that_is_not_there_is_refused(installation: Installation) -> None:
    assert "no such model" in installation.run("nlu", "promote", "0" * 16, "--as", "quan", expect=1)
    nowhere = ("promote", "0" * 16, "--anyway", "--because", "thử", "--as", "quan")
    assert "no such model" in installation.run("nlu", *nowhere, expect=1)
    assert "no earlier model" in installation.run("nlu", "rollback", "--as", "quan", expect=1)
    assert switches(installation) == []


@pytest.mark.parametrize("command", [("promote", "0" * 16), ("rollback",)])
def test_only_who_manages_switches_models(installation: Installation, command: tuple[str, ...]) -> None:
    pointer = installation.home / "models" / "current"
    two = f"{current(installation)}\n" * 2
    pointer.write_text(two)
    assert "--as" in installation.run("nlu", *command, expect=2)
    assert "không có người dùng «x»" in installation.run("nlu", *command, "--as", "x", expect=1)
    assert "«hoa» không có quyền" in installation.run("nlu", *command, "--as", "hoa", expect=1)
    assert pointer.read_text() == two
    assert switches(installation) == []


@pytest.mark.timeout(180)
def test_a_model_that_training_puts_to_use_is_recorded_too(installation: Installation, tmp_path: Path) -> None:
    before = current(installation)
    market = tmp_path / "market"
    build_market(installation, market)
    installation.run("nlu", "train", "--data", str(market))
    assert switches(installation) == [("command line", "model.promoted", current(installation), {"before": before})]
    assert current(installation) != before


def build_market(installation: Installation, folder: Path) -> None:
    """Training data of another world, with which residents cannot be answered."""
    sources = ROOT / "tests" / "nlu" / "data"
    run_module(installation.loa, "build", ["--sources", str(sources), "--out", str(folder)], capture=True)


def switches(installation: Installation) -> list[tuple[str, str, str, dict[str, Any]]]:
    """Who changed the model in use, in order, as the audit log has it."""
    with installation.loa.database.read() as session:
        entries = session.query(AuditEntry).filter_by(subject_kind="model").order_by(AuditEntry.id)
        return [(entry.actor, entry.action, entry.subject_id, entry.details) for entry in entries]


def current(installation: Installation) -> str:
    return (installation.home / "models" / "current").read_text().split()[0]
