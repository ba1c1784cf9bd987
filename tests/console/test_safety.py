"""Tokens, headers, escaping, rights: what keeps the pages safe."""

import pytest

from tests.console.village import ASKER, CODE, DONOR, PHONES, Village, draft, sending, submitted, unlearned, words_of

POSTS = [
    "/login",
    "/logout",
    "/broadcasts/new",
    "/broadcasts/preview",
    "/broadcasts/1/submit",
    "/broadcasts/1/approve",
    "/broadcasts/1/cancel",
    f"/tickets/{CODE}",
    f"/tickets/{CODE}/close",
    "/learning/1",
]


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_its_token_is_refused(home: Village, path: str) -> None:
    draft(home)
    client = (home.hand() if path == "/login" else home.signed_in("quan")).client
    answer = client.post(f"/console{path}", data={"text": "x"})
    assert answer.status_code == 400
    assert "Yêu cầu không hợp lệ" in words_of(answer.text)


def test_the_console_asks_no_token_of_other_rooms(home: Village) -> None:
    home.app.post("/gateways/x/inbound")(lambda: "kept")
    assert home.app.test_client().post("/gateways/x/inbound").text == "kept"


@pytest.mark.parametrize("path", ["/login", "/", "/broadcasts", "/nowhere", "/static/console.css"])
def test_no_page_runs_or_loads_anything_from_elsewhere(home: Village, path: str) -> None:
    answer = home.signed_in("lan").open(path)
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if not path.startswith("/static"):
        assert answer.headers["Cache-Control"] == "no-store"
        assert "style=" not in answer.text
        assert "<script>" not in answer.text


def test_a_text_that_is_markup_is_shown_as_text(home: Village) -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    broadcast_id = submitted(home, text=attack)
    hand = home.signed_in("minh")
    for path in ("/", "/broadcasts", f"/broadcasts/{broadcast_id}", f"/broadcasts/{broadcast_id}/edit"):
        page = hand.open(path).text
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    shown = hand.send("/broadcasts/preview", page="/broadcasts/new", text=attack, group="1").text
    assert "<script>alert" not in shown
    assert "&lt;script&gt;" in shown


def test_no_page_shows_a_number_in_clear(home: Village) -> None:
    broadcast_id = sending(home)
    hand = home.signed_in("quan")
    unlearned(home, f"goi lai so {DONOR}", address=DONOR, address_hash=DONOR)
    talks = ("/tickets", f"/tickets/{CODE}", "/learning", "/pledges")
    paths = ("/", "/broadcasts", f"/broadcasts/{broadcast_id}", *talks, "/audit")
    pages = "".join(hand.open(path).text for path in paths)
    for phone in (*PHONES, ASKER, DONOR):
        assert phone not in pages
        assert phone.removeprefix("+84") not in pages
    assert "091****777" in pages


MAY_NOT = [
    ("hoa", "GET", "/broadcasts"),
    ("hoa", "GET", "/broadcasts/1"),
    ("hoa", "GET", "/broadcasts/new"),
    ("hoa", "GET", "/pledges"),
    ("hoa", "POST", "/broadcasts/new"),
    ("hoa", "POST", "/broadcasts/1/submit"),
    ("lan", "POST", "/broadcasts/1/approve"),
    ("lan", "POST", "/broadcasts/1/return"),
    ("lan", "POST", "/broadcasts/1/resume"),
    ("lan", "GET", "/audit"),
    ("minh", "GET", "/audit"),
    ("hoa", "GET", "/audit"),
]


@pytest.mark.parametrize(("name", "method", "path"), MAY_NOT)
def test_who_has_not_the_right_gets_403(home: Village, name: str, method: str, path: str) -> None:
    submitted(home)
    hand = home.signed_in(name)
    answer = hand.open(path) if method == "GET" else hand.send(path, page="/")
    assert answer.status_code == 403
    assert "Không có quyền" in words_of(answer.text)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "lan",
            "Hôm nay Tin gửi Gửi tin Nhóm theo điều kiện Phiếu hỏi Hội thoại Phiếu kể Tra cứu diện Học thêm Ủng hộ",
        ),
        ("hoa", "Hôm nay Nhóm theo điều kiện Phiếu hỏi Hội thoại Phiếu kể Tra cứu diện Học thêm"),
        ("quan", "Ủng hộ Nhật ký"),
    ],
)
def test_the_menu_offers_what_one_may_open(home: Village, name: str, words: str) -> None:
    page = home.signed_in(name).open("/").text
    assert words in words_of(page[page.index("<nav") : page.index("</nav>")])


@pytest.mark.parametrize("path", ["/broadcasts/99", "/broadcasts/99/edit", "/tickets/PA0000000", "/x", "/static/x.js"])
def test_what_is_not_there_gets_a_page_that_says_so(home: Village, path: str) -> None:
    answer = home.signed_in("lan").open(path)
    assert answer.status_code == 404
    assert "Không tìm thấy" in words_of(answer.text)


def test_a_fault_of_ours_shows_no_trace(home: Village) -> None:
    hand = home.signed_in("lan")
    with home.database.write() as session:
        session.connection().exec_driver_sql("DROP TABLE pledges")
    answer = hand.open("/pledges")
    assert answer.status_code == 500
    assert "Máy chủ gặp lỗi" in words_of(answer.text)
    assert "Traceback" not in answer.text


def test_files_carry_a_fingerprint_and_are_kept_for_a_year(home: Village) -> None:
    page = home.hand().open("/login").text
    for name in ("console.css", "htmx.js", "mark.svg"):
        address = page[page.index(f"/console/static/{name}") :].split('"')[0]
        answer = home.app.test_client().get(address)
        assert answer.status_code == 200
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert "max-age" not in (home.hand().open("/static/console.css?v=old").headers["Cache-Control"])
