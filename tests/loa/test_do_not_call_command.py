"""`loa do-not-call`, and a broadcast that leaves a little at a time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from foundation.clock import local, utc_now
from tests.loa.serving import Installation
from tests.people.sheets import write_csv


def test_a_list_is_imported_and_its_state_told(install: Callable[..., Installation], tmp_path: Path) -> None:
    office = install()
    assert office.json("do-not-call", "status") == {"versions": [], "complete": False}
    path = write_csv(tmp_path / "list.txt", "0912345678\nsai\n0987654321\n")
    report = office.json("do-not-call", "import", str(path), "--version", "2026-11")
    assert report == {
        "version": "2026-11",
        "rows": 3,
        "numbers": 2,
        "gone": 0,
        "rejected": [{"row": 2, "reason": "không phải số điện thoại"}],
    }
    told = office.run("do-not-call", "import", str(path), "--version", "2026-11")
    assert "dòng 2: không phải số điện thoại" in told
    assert "2 số, bỏ 0 số cũ, 1 dòng không đọc được" in told
    assert "912345678" not in told
    status = office.json("do-not-call", "status")
    assert status == {"versions": [{"version": "2026-11", "numbers": 2}], "complete": True}
    office.run("do-not-call", "import", str(tmp_path / "absent.txt"), "--version", "x", expect=1)
    assert office.json("do-not-call", "status") == status


def test_a_broadcast_is_spread_and_its_preview_says_when_the_last_leaves(
    install: Callable[..., Installation], tmp_path: Path
) -> None:
    office = install(hours="public_information=07:00-21:00")
    office.run("user", "add", "lan", "--role", "editor")
    contacts = write_csv(tmp_path / "people.csv", "phone\n" + "".join(f"09123456{i:02}\n" for i in range(4)))
    morning = (local(utc_now()) + timedelta(days=1)).replace(hour=8, minute=0, second=0, microsecond=0)
    new = ("--text", "Hop thon", "--to", str(contacts), "--at", f"{morning:%Y-%m-%d %H:%M}", "--as", "lan")
    made = office.json("broadcast", "create", *new, "--class", "public_information", "--spread", "4h")
    assert made["spread_s"] == 4 * 3600
    shown = office.json("broadcast", "preview", str(made["id"]))
    assert datetime.fromisoformat(shown["last_leaves_at"]) == morning + timedelta(hours=3)
    assert shown["not_carried"] is None
    office.run("broadcast", "create", *new, "--class", "public_information", "--spread", "4x", expect=1)
