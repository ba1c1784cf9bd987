"""The tokens of a Zalo account: renewed once for all processes, committed before they are used.

An access token lives as long as Zalo says (a day, by what is documented); the refresh token that renews it works once.
So the right to renew is a lease on the pair's row, committed before anything is asked: no database session is open
while Zalo is asked, and whoever else wants a token waits. A process that dies between Zalo's answer and its commit
takes the new pair with it. Then the next one is refused, and a person is called to consent anew.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from foundation.clock import utc_now
from foundation.database import Database
from foundation.keys import VaultError
from gateways.models import GatewayToken
from gateways.wire import NeverLeft, NoAnswer, Wire
from gateways.zalo_oauth import NotRenewed, Pair, ZaloAccount, read_pair, renewal

log = structlog.get_logger()

ACCOUNT_ROW = "zalo"
"""Whose pair it is: the account's, for chats and for templates by phone."""
LEASE = timedelta(seconds=30)
"""Longer than Zalo is waited for and the database takes; nobody else renews meanwhile."""
RENEWED_AT = 0.8
"""Of an access token's life."""
PATIENCE_S = 3.0
"""So long a caller waits for somebody else's renewal while the token of before is still good."""
TOO_YOUNG = timedelta(minutes=5)
"""A token that is refused so soon is not renewed again: it is not its age."""
AFTER_SILENCE = timedelta(minutes=1)
AFTER_REFUSAL = timedelta(minutes=10)
_LOOK_EVERY_S = 0.1
_WRITE_ATTEMPTS = 60
CONSENT_ANEW = "cấp quyền lại: sign in as the account, consent to the app, then «loa zalo token --store»"


class TokenTrouble(Exception):
    """There is no token to ask with, so nothing was asked. `passing`: it may pass by itself; `reason` is English."""

    def __init__(self, reason: str, passing: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing


@dataclass(frozen=True, slots=True)
class Standing:
    """How an account's pair stands, without the pair."""

    renewed_at: datetime
    expires_at: datetime
    renew_again_at: datetime | None
    failed_because: str | None


@dataclass(frozen=True, slots=True)
class _Held:
    access_token: str = field(repr=False)
    renew_at: datetime


@dataclass(frozen=True, slots=True)
class _Leased:
    refresh_token: str = field(repr=False)


class _SomebodyRenews:
    """Wait a moment and look again."""


class TokenKeeper:
    """Hands out access tokens. Belongs to one event loop; processes and threads have one each, on one database."""

    def __init__(
        self,
        database: Database,
        account: ZaloAccount,
        now: Callable[[], datetime] = utc_now,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self._database = database
        self._account = account
        self._now = now
        self._patience_s = patience_s
        self._wire = Wire(1, account.timeout_s)
        self._held: _Held | None = None
        self._turn = asyncio.Lock()
        self._renewing: asyncio.Task[None] | None = None

    async def token(self) -> str:
        """An access token to ask with, renewed first when its time has come. Raises TokenTrouble."""
        held = self._held
        if held is not None and self._now() < held.renew_at:
            return held.access_token
        async with self._turn:
            return await self._fresh(None)

    async def another(self, refused: str) -> str:
        """A token that is not this one, which Zalo has refused: the one that others got meanwhile, or a new one.
        Raises TokenTrouble."""
        if self._held is not None and self._held.access_token == refused:
            self._held = None
        async with self._turn:
            return await self._fresh(refused)

    async def peek(self) -> str:
        """The token of now, renewing nothing. Raises TokenTrouble."""
        row = await asyncio.to_thread(self._read)
        if row.failed_because:
            raise TokenTrouble(f"{row.failed_because}; {CONSENT_ANEW}", passing=False)
        if row.expires_at <= self._now():
            raise TokenTrouble("the access token has expired and is renewed at the next use", passing=True)
        return row.access_token

    async def renew(self) -> None:
        """Renew now, whatever the pair's age. Raises TokenTrouble."""
        async with self._turn:
            row = await asyncio.to_thread(self._read)
            await self._fresh(row.access_token, whatever_its_age=True)

    async def close(self) -> None:
        """Let a renewal that is under way come to its end: its pair may be the only good one."""
        if self._renewing is not None:
            await asyncio.gather(self._renewing, return_exceptions=True)
        self._renewing, self._turn = None, asyncio.Lock()
        await self._wire.close()

    async def _fresh(self, refused: str | None, whatever_its_age: bool = False) -> str:
        loop = asyncio.get_running_loop()
        patient_until = loop.time() + self._patience_s
        while True:
            impatient = loop.time() >= patient_until
            match await asyncio.to_thread(self._look, refused, impatient, whatever_its_age):
                case _Held() as held:
                    self._held = held
                    return held.access_token
                case _Leased(refresh_token):
                    # In a task of its own: who waits for a token may be cancelled, the renewal must not be.
                    self._renewing = asyncio.create_task(self._renew(refresh_token))
                    await asyncio.shield(self._renewing)
                    whatever_its_age = False
                case _SomebodyRenews():
                    await asyncio.sleep(_LOOK_EVERY_S)

    def _look(self, refused: str | None, impatient: bool, whatever_its_age: bool) -> _Held | _Leased | _SomebodyRenews:
        """What to do now; nobody is held up for it unless there is something to write."""
        step = _next(self._read(), refused, self._now(), impatient, whatever_its_age)
        if not isinstance(step, _Leased):
            return step
        try:
            with self._database.write() as session:
                row = session.get(GatewayToken, ACCOUNT_ROW, with_for_update=True)
                now = self._now()
                step = _next(row, refused, now, impatient, whatever_its_age) if row is not None else _SomebodyRenews()
                if row is not None and isinstance(step, _Leased):
                    row.renewing_until = now + LEASE
                return step
        except (SQLAlchemyError, VaultError) as error:
            raise TokenTrouble(f"the tokens cannot be read: {type(error).__name__}", passing=True) from error

    def _read(self) -> GatewayToken:
        try:
            with self._database.read() as session:
                row = session.get(GatewayToken, ACCOUNT_ROW)
        except (SQLAlchemyError, VaultError) as error:
            raise TokenTrouble(f"the tokens cannot be read: {type(error).__name__}", passing=True) from error
        if row is None:
            raise TokenTrouble(f"there are no tokens yet; {CONSENT_ANEW}", passing=False)
        return row

    async def _renew(self, refresh_token: str) -> None:
        """Ask Zalo for a new pair and keep what comes of it."""
        request = renewal(self._account, refresh_token)
        result: Pair | NotRenewed
        try:
            result = read_pair(await self._wire.post(request.url, request.body, request.headers))
        except NeverLeft as error:
            result = NotRenewed(f"no connection for renewing: {error}", final=False)
        except NoAnswer as error:
            # The refresh token may be used up; only the next try can tell.
            result = NotRenewed(f"no answer to renewing: {error}", final=False)
        if isinstance(result, NotRenewed):
            log.error("Zalo's tokens were not renewed", reason=result.reason, a_person_must_help=result.final)
        await self._keep(refresh_token, result)

    async def _keep(self, used: str, result: Pair | NotRenewed) -> None:
        # A pair that is not written is lost, and the account with it until a person consents: try for a minute.
        for _ in range(_WRITE_ATTEMPTS):
            try:
                return await asyncio.to_thread(self._write, used, result)
            except SQLAlchemyError:
                log.exception("the database takes no tokens; trying again")
                await asyncio.sleep(1)
        raise TokenTrouble("the database takes no tokens", passing=True)

    def _write(self, used: str, result: Pair | NotRenewed) -> None:
        with self._database.write() as session:
            row = session.get(GatewayToken, ACCOUNT_ROW, with_for_update=True)
            # With another refresh token the row is somebody else's work: a person's, or who renewed when our lease
            # was over. A failure of the same token is overwritten, since only one of all tries can succeed.
            if row is None or row.refresh_token != used:
                return
            now = self._now()
            row.renewing_until = None
            if isinstance(result, Pair):
                row.access_token, row.refresh_token = result.access_token, result.refresh_token
                row.renewed_at, row.expires_at = now, now + result.lives
                row.renew_again_at = row.failed_because = None
            else:
                row.renew_again_at = now + (AFTER_REFUSAL if result.final else AFTER_SILENCE)
                row.failed_because = result.reason[:200] if result.final else row.failed_because


def store_refresh_token(database: Database, refresh_token: str, now: datetime) -> None:
    """Put a refresh token that a person got by consenting in place of the pair of before. The first use renews it."""
    with database.write() as session:
        row = session.get(GatewayToken, ACCOUNT_ROW, with_for_update=True)
        if row is None:
            row = GatewayToken(gateway=ACCOUNT_ROW)
            session.add(row)
        row.access_token, row.refresh_token = "", refresh_token
        row.renewed_at = row.expires_at = now
        row.renewing_until = row.renew_again_at = row.failed_because = None


def standing(database: Database) -> Standing | None:
    """How the pair stands; None before there is one."""
    with database.read() as session:
        row = session.get(GatewayToken, ACCOUNT_ROW)
    if row is None:
        return None
    return Standing(row.renewed_at, row.expires_at, row.renew_again_at, row.failed_because)


def _next(
    row: GatewayToken, refused: str | None, now: datetime, impatient: bool, whatever_its_age: bool
) -> _Held | _Leased | _SomebodyRenews:
    """What somebody who wants a token does: use this one, renew it, or wait. Raises TokenTrouble."""
    usable = row.access_token != refused and now < row.expires_at
    renew_at = row.renewed_at + RENEWED_AT * (row.expires_at - row.renewed_at)
    if usable and now < renew_at:
        return _Held(row.access_token, renew_at)
    if row.renewing_until is not None and now < row.renewing_until:
        return _Held(row.access_token, now) if usable and impatient else _SomebodyRenews()
    if row.renew_again_at is not None and now < row.renew_again_at and not whatever_its_age:
        if usable:
            return _Held(row.access_token, now)
        raise TokenTrouble(row.failed_because or "Zalo could not be asked for a token", row.failed_because is None)
    too_young = row.access_token == refused and now < min(row.renewed_at + TOO_YOUNG, row.expires_at)
    if too_young and not whatever_its_age:
        raise TokenTrouble("Zalo refuses a token that it has just given", passing=False)
    return _Leased(row.refresh_token)
