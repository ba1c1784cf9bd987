"""Logging in and out, and what is open without."""

import re
from pathlib import Path

import pytest

from console.blueprint import pages
from people import AuditEntry, Official
from tests.console.village import PASSWORD, Village, village, words_of

OPEN = {"console.login", "console.static"}


def test_an_official_logs_in_and_out_and_both_are_recorded(home: Village) -> None:
    hand = home.signed_in("lan")
    assert "Việc hôm nay" in words_of(hand.open("/").text)
    assert hand.send("/logout", page="/").location == "/console/login"
    assert hand.open("/").status_code == 302
    assert audit(home)[-2:] == [("lan", "official.signed_in"), ("lan", "official.signed_out")]


@pytest.mark.parametrize(("name", "password"), [("lan", "sai mat khau"), ("khong_ai", PASSWORD), ("lan", "")])
def test_a_wrong_log_in_says_nothing_of_which_part_was_wrong(home: Village, name: str, password: str) -> None:
    answer = home.hand().log_in(name, password)
    assert answer.status_code != 302
    assert "không có người dùng" not in answer.text
    if password:
        assert "Tên đăng nhập hoặc mật khẩu không đúng." in words_of(answer.text)


def test_a_failure_is_recorded_without_the_password_and_without_an_unknown_name(home: Village) -> None:
    home.hand().log_in("lan", "mat khau bi mat")
    home.hand().log_in("toi-go-nham-mat-khau-vao-day", "x")
    assert audit(home)[-2:] == [("lan", "official.sign_in_failed"), ("?", "official.sign_in_failed")]
    with home.database.read() as session:
        kept = str([vars(entry) for entry in session.query(AuditEntry)])
    assert "bi mat" not in kept
    assert "go-nham" not in kept


def test_guessing_one_name_is_stopped_and_others_still_get_in(home: Village) -> None:
    answers = [home.hand().log_in("lan", f"đoán {number}").status_code for number in range(6)]
    assert answers == [401] * 5 + [429]
    assert home.hand().log_in("lan", PASSWORD).status_code == 429
    assert home.hand().log_in("minh", PASSWORD).status_code == 302


def test_a_changed_password_or_a_deactivated_official_ends_the_session(home: Village) -> None:
    for change in ({"password_hash": "another"}, {"active": False}):
        name = "lan" if "active" in change else "minh"
        hand = home.signed_in(name)
        with home.database.write() as session:
            session.query(Official).filter_by(name=name).update(change)  # type: ignore[arg-type]
        assert hand.open("/").status_code == 302


def test_after_logging_in_one_is_where_one_was_going_and_never_elsewhere(home: Village) -> None:
    sent = home.hand().open("/tickets?status=open")
    assert sent.location == "/console/login?next=/console/tickets?status%3Dopen"
    for wanted, reached in [
        ("/console/tickets?status%3Dopen", "/console/tickets?status=open"),
        ("https://example.org/", "/console/"),
        ("//example.org/console/", "/console/"),
        ("/console/%5Cexample.org", "/console/"),
    ]:
        hand = home.hand()
        answer = hand.send(f"/login?next={wanted}", name="lan", password=PASSWORD)
        assert answer.location == reached


def test_every_page_but_the_log_in_asks_for_one(home: Village) -> None:
    rules = [rule for rule in home.app.url_map.iter_rules() if rule.endpoint.startswith(f"{pages.name}.")]
    assert len(rules) > 15
    client = home.app.test_client()
    for rule in rules:
        path = re.sub(r"<int:\w+>", "1", rule.rule)
        path = re.sub(r"<(?:\w+:)?\w+>", "x", path)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(path, method=method)
            asked = answer.status_code == 302 and (answer.location or "").startswith("/console/login")
            assert asked != (rule.endpoint in OPEN), f"{method} {path}"


def test_a_page_that_looks_again_by_itself_leads_to_the_log_in_when_the_session_is_over(home: Village) -> None:
    answer = home.app.test_client().get("/console/running", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/console/login"


def test_the_demo_log_in_is_shown_in_a_demo_only(folder: Path) -> None:
    with village(folder, demo=True) as demo, village(folder, demo=False) as real:
        assert PASSWORD in demo.hand().open("/login").text
        page = real.hand().open("/login")
        assert PASSWORD not in page.text
        assert "Secure" in page.headers["Set-Cookie"]


def test_the_session_cookie_lasts_a_working_day_and_is_out_of_scripts_reach(home: Village) -> None:
    cookie = home.hand().log_in("lan").headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Expires" in cookie


def audit(home: Village) -> list[tuple[str, str]]:
    with home.database.read() as session:
        return [(entry.actor, entry.action) for entry in session.query(AuditEntry).order_by(AuditEntry.id)]
