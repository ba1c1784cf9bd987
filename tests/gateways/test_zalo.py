"""What leaves for Zalo as an answer, and what each of its answers means."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from foundation.clock import VIETNAM
from foundation.database import Database
from gateways.models import GatewayToken
from gateways.protocol import Gateway, Outcome, SendStatus
from gateways.zalo import ZaloConfig, ZaloGateway
from gateways.zalo_errors import ERRORS, refused
from gateways.zalo_tokens import ACCOUNT_ROW, store_refresh_token
from tests.gateways.far_end import answers, breaks_off, far_end, hangs_up, says_nothing, talks_nonsense
from tests.gateways.runner import SendCase, message, run_send, send_once
from tests.gateways.zalo_server import (
    APP_SECRET,
    FIRST_REFRESH,
    FOLLOWER,
    OA_SECRET,
    FakeZalo,
    account,
    fake_zalo,
)
from tests.services import free_ports

AT = datetime(2026, 11, 20, 2, tzinfo=UTC)
TOKEN = "ma-truy-cap-dang-dung"
SECRETS = (TOKEN, "ma-doi-moi", APP_SECRET, OA_SECRET)
TEXT = "Hộ nghèo được hỗ trợ 59.520 đồng một tháng 😀\nNguồn: QĐ 28/2014"


def gateway(url: str, database: Database) -> ZaloGateway:
    return ZaloGateway(ZaloConfig(), account(url, timeout_s=0.5), database, lambda: AT)


@pytest.fixture
def with_token(database: Database) -> Database:
    """A pair that is good for a day."""
    with database.write() as session:
        session.add(
            GatewayToken(
                gateway=ACCOUNT_ROW,
                access_token=TOKEN,
                refresh_token="ma-doi-moi",
                expires_at=AT + timedelta(days=1),
                renewed_at=AT,
            )
        )
    return database


def outcome(
    status: SendStatus, detail: str | None = None, retry_after_s: float | None = None, provider_id: str | None = None
) -> Outcome:
    return Outcome("ref-1", status, provider_id, detail, retry_after_s)


def says(error: int, message: str = "Success", **data: object) -> str:
    return json.dumps({"data": data, "error": error, "message": message})


OK = answers(200, says(0, message_id="a4d0", user_id=FOLLOWER, quota={"quota_type": "reply", "remain": 7, "total": 8}))
ACCEPTED = outcome(SendStatus.ACCEPTED, provider_id="a4d0")
ACCOUNT, TEMPORARY, REJECTED = SendStatus.ACCOUNT, SendStatus.TEMPORARY, SendStatus.REJECTED
UNCERTAIN = SendStatus.UNCERTAIN
ANSWER = message(TEXT, to=FOLLOWER)

CASES = [
    SendCase(
        "an answer",
        ANSWER,
        OK,
        ACCEPTED,
        [
            b"POST /v3.0/oa/message/cs ",
            b"Content-Type: application/json\r\n",
            f"access_token: {TOKEN}\r\n".encode(),
            json.dumps(
                {"recipient": {"user_id": FOLLOWER}, "message": {"text": TEXT}},
                ensure_ascii=False,
                separators=(",", ":"),
            ).encode(),
        ],
    ),
    SendCase("2,000 characters", message("ầ" * 2_000, to=FOLLOWER), OK, ACCEPTED),
    SendCase(
        "2,001 characters",
        message("ầ" * 2_001, to=FOLLOWER),
        OK,
        outcome(REJECTED, "the text takes 2001 characters of at most 2000"),
        arrivals=0,
    ),
    SendCase("no text", message("", to=FOLLOWER), OK, outcome(REJECTED, "the text is empty"), arrivals=0),
    SendCase("a number", message(TEXT, to="+84912345678"), OK, outcome(REJECTED, "not an id of Zalo's"), arrivals=0),
    SendCase(
        "what answers nobody",
        replace(ANSWER, message_class="public_information"),
        OK,
        outcome(REJECTED, "Zalo takes free text only as an answer"),
        arrivals=0,
    ),
    SendCase("taken, without an id", ANSWER, answers(200, says(0)), outcome(SendStatus.ACCEPTED)),
    SendCase(
        "a refusal that quotes the person",
        ANSWER,
        answers(200, says(-213, f"{FOLLOWER} chưa quan tâm: {TEXT}")),
        outcome(REJECTED, "Zalo says -213: the person does not follow the account"),
    ),
    SendCase(
        "a code as text",
        ANSWER,
        answers(200, '{"error":"-230","message":"x"}'),
        outcome(REJECTED, "Zalo says -230: the person has not written for seven days"),
    ),
    SendCase(
        "a code that nobody knows",
        ANSWER,
        answers(200, says(-98765)),
        outcome(ACCOUNT, "Zalo says -98765: a code that we do not know"),
    ),
    SendCase(
        "too fast",
        ANSWER,
        answers(200, says(-32), "X-RateLimit-Remain: 0"),
        outcome(SendStatus.RATE_LIMITED, "Zalo says -32: too many requests in a minute", 60.0),
    ),
    SendCase(
        "too fast, by status",
        ANSWER,
        answers(429, "slow down", "Retry-After: 7"),
        outcome(SendStatus.RATE_LIMITED, "an answer that is not Zalo's (429)", 7.0),
    ),
    SendCase("an error page", ANSWER, answers(502, "<html>"), outcome(UNCERTAIN, "an answer that is not Zalo's (502)")),
    SendCase("200 and nonsense", ANSWER, answers(200, "ok"), outcome(UNCERTAIN, "an answer that is not Zalo's (200)")),
    SendCase("200 and a list", ANSWER, answers(200, "[0]"), outcome(UNCERTAIN, "an answer that is not Zalo's (200)")),
    SendCase(
        "200 and no code",
        ANSWER,
        answers(200, '{"error":true}'),
        outcome(UNCERTAIN, "an answer that is not Zalo's (200)"),
    ),
    SendCase(
        "nobody at this address", ANSWER, answers(404, "<html>"), outcome(ACCOUNT, "an answer that is not Zalo's (404)")
    ),
    SendCase(
        "sent elsewhere",
        ANSWER,
        answers(302, "", "Location: http://127.0.0.1:9/"),
        outcome(ACCOUNT, "an answer that is not Zalo's (302)"),
    ),
    SendCase("hangs up", ANSWER, hangs_up, outcome(UNCERTAIN, "no answer from Zalo: ServerDisconnectedError")),
    SendCase("keeps silent", ANSWER, says_nothing, outcome(UNCERTAIN, "no answer from Zalo: TimeoutError")),
    SendCase("nonsense", ANSWER, talks_nonsense, outcome(UNCERTAIN, "no answer from Zalo: ClientResponseError")),
    SendCase("breaks off", ANSWER, breaks_off, outcome(UNCERTAIN, "an answer that is not Zalo's (202)")),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.label)
def test_an_answer_by_zalo(case: SendCase, with_token: Database, caplog: pytest.LogCaptureFixture) -> None:
    def make(url: str) -> Gateway:
        return gateway(url, with_token)

    run_send(make, case, SECRETS, caplog)


def test_without_a_connection_nothing_left(with_token: Database) -> None:
    (port,) = free_ports(1)
    (found,) = asyncio.run(send_once(gateway(f"http://127.0.0.1:{port}", with_token), [ANSWER]))
    assert (found.status, found.detail) == (TEMPORARY, "no connection to Zalo: ClientConnectorError")


def test_the_proof_of_the_secret_goes_along_where_the_app_demands_it(with_token: Database) -> None:
    with far_end(OK) as end:
        proving = replace(account(end.url), proves_secret=True)
        assert asyncio.run(send_once(ZaloGateway(ZaloConfig(), proving, with_token, lambda: AT), [ANSWER])) == [
            ACCEPTED
        ]
    # openssl dgst -sha256 -hmac, of the token by the secret
    proof = b"cf6991ba0832e871536c3241868409413a8302f3a12e9e545a8b646a529d147d"
    assert b"appsecret_proof: " + proof + b"\r\n" in end.requests[0]
    assert APP_SECRET.encode() not in end.requests[0]


# The four behaviours of Zalo's tables (OA v3.0, ZBS), as they are told there.
NEEDS_A_PERSON = [*range(-105, -100), -135, -1351, -136, -137, -1381, -320, -321, -209, -212, -219, -221, -223, -224]
NEEDS_A_PERSON += [-242, -1241, -115]
LATER = [-100, -200, -144, -147, -1441, -1471, -1472, -133, -234, -211, -218]
NEVER = [-201, -210, -213, -217, -227, -230, -232, -233, -235, -240, -244, -248, -249, -108, -109, -111, -112, -1121]
NEVER += [-1122, -1124, -114, -117, -118, -119, -126, -127, -131, -139, -140, -141, -145, -146]
TOKENS = [-216, -220, -124]
STATUSES = (
    dict.fromkeys(NEEDS_A_PERSON + TOKENS, ACCOUNT)
    | dict.fromkeys(LATER, TEMPORARY)
    | dict.fromkeys(NEVER, REJECTED)
    | {-32: SendStatus.RATE_LIMITED}
)


def test_each_code_of_zalos_tables_has_its_behaviour() -> None:
    assert {code: refused("r", code, AT).status for code in ERRORS} == STATUSES


@pytest.mark.parametrize(
    ("code", "local", "comes_back"),
    [
        (-144, "2026-11-20 09:00", "2026-11-21 00:00"),
        (-144, "2026-11-20 00:00", "2026-11-21 00:00"),
        (-218, "2026-11-20 23:59", "2026-11-21 00:00"),
        (-133, "2026-11-20 22:30", "2026-11-21 06:00"),
        (-133, "2026-11-21 03:00", "2026-11-21 06:00"),
        (-234, "2026-11-21 06:00", "2026-11-22 06:00"),
    ],
)
def test_what_waits_for_the_morning_or_for_tomorrow_waits_by_vietnams_clock(
    code: int, local: str, comes_back: str
) -> None:
    now, then = (datetime.fromisoformat(moment).replace(tzinfo=VIETNAM) for moment in (local, comes_back))
    assert refused("r", code, now.astimezone(UTC)).retry_after_s == (then - now).total_seconds()


@pytest.fixture
def zalo(database: Database) -> Iterator[FakeZalo]:
    store_refresh_token(database, FIRST_REFRESH, AT)
    with fake_zalo(lambda: AT) as zalo:
        zalo.last_interaction[FOLLOWER] = AT
        yield zalo


def answer(zalo: FakeZalo, database: Database, later: timedelta = timedelta(), count: int = 1) -> list[Outcome]:
    zalo.now = lambda: AT + later
    own = ZaloGateway(ZaloConfig(), zalo.account, database, zalo.now)
    return asyncio.run(send_once(own, [message(TEXT, f"ref-{number}", FOLLOWER) for number in range(count)]))


def test_of_fifty_answers_whose_token_was_taken_back_each_is_sent_once_with_the_next_token(
    zalo: FakeZalo, database: Database
) -> None:
    assert [each.status for each in answer(zalo, database)] == [SendStatus.ACCEPTED]
    zalo.access_tokens.clear()
    zalo.messages.clear()
    found = answer(zalo, database, later=timedelta(hours=1), count=50)
    assert {each.status for each in found} == {SendStatus.ACCEPTED}
    assert len({each.provider_id for each in found}) == len(zalo.messages) == 50
    assert zalo.refreshes == 2


def test_a_token_that_is_refused_twice_calls_a_person_and_sends_nothing(zalo: FakeZalo, database: Database) -> None:
    answer(zalo, database)
    zalo.messages.clear()
    zalo.errors = [-216, -220]
    (found,) = answer(zalo, database, later=timedelta(hours=1))
    assert (found.status, zalo.messages, zalo.refreshes) == (ACCOUNT, [], 2)


def test_without_tokens_nothing_leaves_and_a_person_is_called(zalo: FakeZalo, database: Database) -> None:
    zalo.refresh_tokens.clear()
    (found,) = answer(zalo, database)
    assert (found.status, found.detail) == (ACCOUNT, "Zalo refuses to renew (-14014)")
    zalo.refresh_answers = [{"error": -32}]
    store_refresh_token(database, FIRST_REFRESH, AT)
    (found,) = answer(zalo, database)
    assert found.status is TEMPORARY
    assert zalo.messages == []


def test_who_has_not_written_for_a_week_cannot_be_answered(zalo: FakeZalo, database: Database) -> None:
    assert answer(zalo, database, later=timedelta(days=6, hours=23))[0].status is SendStatus.ACCEPTED
    assert answer(zalo, database, later=timedelta(days=7, seconds=1))[0].status is REJECTED


def test_its_health_is_that_of_account_and_tokens(zalo: FakeZalo, database: Database) -> None:
    async def check(now: datetime, oa_id: str | None = None) -> str | None:
        known = replace(zalo.account, oa_id=oa_id or zalo.account.oa_id)
        own = ZaloGateway(ZaloConfig(), known, database, lambda: now)
        try:
            return await own.check()
        finally:
            await own.close()

    assert "is renewed at the next use" in (asyncio.run(check(AT)) or "")
    assert zalo.refreshes == 0, "looking changes nothing"
    answer(zalo, database)
    assert asyncio.run(check(AT)) is None
    assert "LOA_ZALO_OA_ID" in (asyncio.run(check(AT, oa_id="1")) or "")
    zalo.errors = [-209]
    assert "error -209" in (asyncio.run(check(AT)) or "")
    zalo.refresh_tokens.clear()
    answer(zalo, database, later=timedelta(hours=24))
    assert "cấp quyền lại" in (asyncio.run(check(AT)) or "")


def test_what_it_can_carry_is_told() -> None:
    told = ZaloGateway(ZaloConfig(), account("http://127.0.0.1:9"), Database("sqlite://", None)).capabilities  # type: ignore[arg-type]
    assert (told.free_text, told.can_be_answered, told.registered_templates) == (True, True, False)
    assert (told.reply_window, told.dedupes_for, told.tells_status) == (timedelta(days=7), None, False)
    assert {str(each) for each in told.classes} == {"reply"}
