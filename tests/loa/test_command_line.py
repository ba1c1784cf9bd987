"""The command line, as scripts and judges use it: through a process of its own."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from loa.commands import main
from people import authenticate
from tests.loa.serving import Installation

TURN = {
    *("text", "kind", "facts", "reply", "parts", "citations", "confidence", "ticket", "pledge_vnd", "elapsed_ms"),
}

HARD_TEXTS = ["", "a" * 10_000, "😀😀😀", "xin\x00 chào", '/intent{"a":"b"}', "   ", "?", "1", "\u200b", "ạ" * 3_000]


@pytest.fixture
def installation(install: Callable[..., Installation]) -> Installation:
    return install()


@pytest.mark.timeout(180)
def test_a_file_of_questions_is_answered_line_by_line(installation: Installation, tmp_path: Path) -> None:
    lines = [
        {"id": "a", "text": "Hộ nghèo được hỗ trợ tiền điện bao nhiêu?"},
        {"id": "b", "turns": ["cho tôi nói chuyện với cán bộ", "{{ticket}} tới đâu rồi"]},
        {"id": "c", "turns": ["ho ngheo dc ho tro tien dien bn", "con giay to thi sao", "UNG HO 200K", "HUY"]},
        {"id": "d"},
        {"id": "e", "text": 5},
        {"id": "f", "text": "chuẩn hộ nghèo ở nông thôn thu nhập bao nhiêu", "on": "2027-02-01"},
        {"id": "g", "text": "a", "on": "gần đây"},
    ]
    file = tmp_path / "in.jsonl"
    raw = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n{broken\n[1]\n\n"
    file.write_text(raw, "utf-8")
    out = [json.loads(line) for line in installation.run("ask", "--file", str(file), "--json").splitlines()]

    assert [line["id"] for line in out] == ["a", "b", "c", "d", "e", "f", "g", None, None]
    found = {line["id"]: line for line in out}
    assert all(line["error"] for line in out if line["id"] in ("d", "e", "g", None))
    turns = [turn for line in out for turn in line.get("turns", [])]
    assert all(turn.keys() == TURN for turn in turns)

    (electricity,) = found["a"]["turns"]
    assert (electricity["kind"], electricity["facts"][0]) == ("answer", "electricity")
    assert "59.520" in electricity["reply"]
    assert electricity["citations"][0] | {"article": None} == {
        "number": "28/2014/QĐ-TTg",
        "article": None,
        "effective_from": "2014-06-01",
        "effective_to": None,
    }
    asked, status = found["b"]["turns"]
    assert (asked["kind"], status["kind"]) == ("handover", "status")
    assert asked["ticket"] in status["reply"]
    first, follow_up, pledge, stop = found["c"]["turns"]
    assert first["reply"].isascii()
    assert (follow_up["kind"], follow_up["facts"][0]) == ("answer", "electricity")
    assert (pledge["kind"], pledge["pledge_vnd"], stop["kind"]) == ("pledge", 200_000, "opt_out")
    assert "2.200.000" in found["f"]["turns"][0]["reply"]


@pytest.mark.timeout(180)
def test_no_text_is_too_strange_for_an_answer(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "in.jsonl"
    file.write_text("\n".join(json.dumps({"id": i, "text": text}) for i, text in enumerate(HARD_TEXTS)), "utf-8")
    out = [json.loads(line) for line in installation.run("ask", "--file", str(file), "--json").splitlines()]
    assert len(out) == len(HARD_TEXTS)
    for line in out:
        (turn,) = line["turns"]
        assert turn["reply"].strip()
        assert turn["kind"] in ("answer", "ask_back", "handover", "out_of_scope", "greeting")


@pytest.mark.timeout(180)
def test_a_number_that_is_named_keeps_its_conversation(installation: Installation) -> None:
    installation.json("ask", "ho ngheo dc ho tro tien dien bn", "--from", "0912345678")
    follow_up = installation.json("ask", "con giay to thi sao", "--from", "0912 345 678")
    assert follow_up["facts"][:1] == ["electricity"]
    fresh = installation.json("ask", "con giay to thi sao", "--from", "0987654321")
    assert fresh["kind"] == "ask_back"
    installation.json("ask", "UNG HO 300K", "--from", "0912345678")
    (pledge,) = installation.json("pledges", "list")
    assert pledge["amount_vnd"] == 300_000
    assert "0912345678" not in json.dumps(pledge)


def test_segments_are_counted_for_both_forms(installation: Installation) -> None:
    assert installation.json("segments", "Mời bà con € " + "a" * 60) == {
        "encoding": "UCS-2",
        "units": 73,
        "segments": 2,
        "normalized": "Mời bà con € " + "a" * 60,
        "unaccented": {
            "encoding": "GSM-7",
            "units": 74,
            "segments": 1,
            "normalized": "Moi ba con € " + "a" * 60,
        },
    }


def test_contacts_are_imported_and_bad_rows_told(installation: Installation, tmp_path: Path) -> None:
    file = tmp_path / "danh sách.csv"
    file.write_text("Họ tên;SĐT\nA Brô;0912 345 678\nY Hlim;abc\nAn;912345679\n", "utf-8-sig")
    report = installation.json("contacts", "import", str(file))
    assert (report["rows"], report["imported"], report["updated"]) == (3, 2, 0)
    assert [(r["row"], r["column"], r["value"]) for r in report["rejected"]] == [(3, "SĐT", "abc")]
    assert installation.json("contacts", "import", str(file))["updated"] == 2
    assert "không có tệp" in installation.run("contacts", "import", "không-có.csv", expect=1)


MISTAKES = [
    (("frobnicate",), 2, "No such command"),
    (("ask",), 2, "either TEXT or --file"),
    (("broadcast", "submit", "99", "--as", "lan"), 1, "loa: "),
    (("broadcast", "status", "abc"), 2, "not a valid integer"),
    (("user", "add", "lan", "--role", "king"), 2, "editor"),
    (("user", "add", "không được", "--role", "editor"), 1, "không dùng được"),
    (("user", "add", "lan", "--role", "editor", "--password", "ngắn"), 1, "10 ký tự"),
    (("user", "password", "nobody", "--password", "x" * 12), 1, "không có người dùng"),
]


@pytest.mark.parametrize(("arguments", "code", "says"), MISTAKES)
def test_a_mistake_is_one_clear_message(
    installation: Installation, arguments: tuple[str, ...], code: int, says: str
) -> None:
    done = CliRunner(env=installation.environment).invoke(main, arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert says in done.stderr


WRONG_SETTINGS = [
    ({"LOA_PORT": "viet nam"}, "LOA_PORT"),
    ({"LOA_ENV": "staging"}, "LOA_ENV"),
    ({"LOA_GATEWAYS": "pigeon"}, "LOA_GATEWAYS"),
    ({"LOA_GATEWAYS": "kannel"}, "LOA_KANNEL_USERNAME"),
    ({"LOA_HOURS": "advertising=05:00-23:00"}, "LOA_HOURS"),
    ({"LOA_HOLIDAYS": "Tết"}, "LOA_HOLIDAYS"),
    ({"LOA_SIMULATOR_BEHAVIOUR": "delay=soon"}, "LOA_SIMULATOR_BEHAVIOUR"),
]


@pytest.mark.parametrize(("wrong", "named"), WRONG_SETTINGS)
def test_a_wrong_setting_is_named_in_one_line(installation: Installation, wrong: dict[str, str], named: str) -> None:
    done = CliRunner(env=installation.environment | wrong).invoke(main, ["serve"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert named in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_the_doctor_finds_what_does_not_run(installation: Installation) -> None:
    done = CliRunner(env=installation.environment).invoke(main, ["doctor", "--json"])
    assert done.exit_code == 1
    findings = {finding["what"]: finding["well"] for finding in json.loads(done.stdout)}
    assert not findings["worker"]
    assert findings["cơ sở dữ liệu"]
    assert findings["chính sách"]


def test_the_doctor_quotes_days_off_that_cannot_be_read(installation: Installation) -> None:
    environment = installation.environment | {"LOA_HOLIDAYS": "Tết"}
    findings = json.loads(CliRunner(env=environment).invoke(main, ["doctor", "--json"]).stdout)
    assert [f["says"] for f in findings if f["what"] == "ngày nghỉ" and not f["well"]] == [
        "LOA_HOLIDAYS: «Tết» is no day like 2027-02-04, nor a span like 2027-02-11/2027-02-12"
    ]


def test_an_official_gets_a_password_later(installation: Installation) -> None:
    run = CliRunner(env=installation.environment)
    added = run.invoke(main, ["user", "add", "lan", "--role", "editor", "--json"])
    assert (json.loads(added.stdout)["name"], added.exit_code) == ("lan", 0)
    assert "loa user password lan" in added.stderr
    with installation.loa.database.read() as session:
        assert authenticate(session, "lan", "mat khau moi") is None
    assert run.invoke(main, ["user", "password", "lan", "--password", "mat khau moi"]).exit_code == 0
    with installation.loa.database.read() as session:
        assert authenticate(session, "lan", "mat khau moi") is not None
