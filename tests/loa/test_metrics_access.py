"""Figures are for few eyes; what takes long to get keeps nobody waiting."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from foundation.database import Database
from foundation.settings import Settings
from loa.app import create_app
from loa.metrics import may_read
from loa.metrics.kept import FRESH_S, REST, STALE_S, Kept
from loa.wiring import Loa

LOCAL, PROXY, TOKEN = "127.0.0.1", {"X-Forwarded-For": "10.0.0.9"}, {"Authorization": "Bearer t0ken"}


@pytest.mark.parametrize(
    ("token", "remote", "headers", "may"),
    [
        ("", LOCAL, {}, True),
        ("", "::1", {}, True),
        ("", "::ffff:127.0.0.1", {}, True),
        ("", "10.0.0.9", {}, False),
        ("", LOCAL, PROXY, False),
        ("", LOCAL, {"Forwarded": "for=10.0.0.9"}, False),
        ("", LOCAL, {"X-Real-Ip": "10.0.0.9"}, False),
        ("", None, {}, False),
        ("", "nonsense", {}, False),
        ("", "10.0.0.9", TOKEN, False),
        ("t0ken", "10.0.0.9", TOKEN, True),
        ("t0ken", LOCAL, PROXY | TOKEN, True),
        ("t0ken", LOCAL, {"Authorization": "bearer  t0ken"}, True),
        ("t0ken", LOCAL, {}, False),
        ("t0ken", LOCAL, {"Authorization": "Bearer t0ke"}, False),
        ("t0ken", LOCAL, {"Authorization": "Bearer tökén"}, False),
        ("t0ken", LOCAL, {"Authorization": "Basic t0ken"}, False),
        ("t0ken", LOCAL, {"Authorization": "t0ken"}, False),
    ],
)
def test_who_may_read_the_figures(token: str, remote: str | None, headers: dict[str, str], may: bool) -> None:
    assert may_read(token, remote, headers) is may


def test_the_figures_are_refused_to_others_and_their_token_is_not_told(tmp_path: Path, database: Database) -> None:
    def installation(**settings: object) -> Loa:
        loa = Loa(Settings(_env_file=None, home=tmp_path, gateways=("simulator",), **settings))  # type: ignore[call-arg, arg-type]
        loa.__dict__["database"] = database  # in place of the one that it would open
        return loa

    def status(loa: Loa, **environ: object) -> int:
        answer = create_app(loa).test_client().get("/metrics", **environ)
        assert "t0ken" not in answer.get_data(as_text=True) + repr(loa.settings)
        return answer.status_code

    from_afar = {"environ_base": {"REMOTE_ADDR": "10.0.0.9"}}
    assert status(installation(), **from_afar) == 403
    behind = installation(proxies=1)
    assert status(behind, headers=PROXY) == 403
    with_token = installation(metrics_token=SecretStr("t0ken"))
    assert status(with_token) == 401
    assert status(with_token, headers=TOKEN, **from_afar) == 200


class Moments:
    """A clock for `Kept`; getting takes `takes_s` on it."""

    def __init__(self, takes_s: float = 0.0) -> None:
        self.at = 0.0
        self.gotten = 0
        self.takes_s = takes_s
        self.fails = False

    def __call__(self) -> float:
        return self.at

    def get(self) -> int:
        if self.fails:
            raise OSError
        self.at += self.takes_s
        self.gotten += 1
        return self.gotten


def asked(kept: Kept[int]) -> tuple[int, float]:
    told = kept()
    kept.wait()
    return told.figures, told.age_s


def test_figures_that_take_long_are_told_as_they_were_and_gotten_beside() -> None:
    moments = Moments()
    kept = Kept(moments.get, moments)
    assert asked(kept) == (1, 0)
    moments.at += FRESH_S
    assert asked(kept) == (1, FRESH_S)
    assert moments.gotten == 1  # still fresh
    moments.at += 1
    assert asked(kept) == (1, FRESH_S + 1)  # nobody waits …
    assert asked(kept) == (2, 0)  # … and the next one is told what was gotten meanwhile
    moments.at += STALE_S + 1
    assert asked(kept) == (3, 0)  # too old to be told to anybody


def test_figures_that_take_long_are_gotten_less_often() -> None:
    moments = Moments(takes_s=3)
    kept = Kept(moments.get, moments)
    asked(kept)
    moments.at += 3 * REST
    asked(kept)
    assert moments.gotten == 1
    moments.at += 1
    asked(kept)
    assert moments.gotten == 2


def test_figures_that_cannot_be_gotten_are_told_as_they_were_until_they_are_too_old() -> None:
    moments = Moments()
    kept = Kept(moments.get, moments)
    asked(kept)
    moments.fails = True
    moments.at += FRESH_S + 1
    assert asked(kept) == (1, FRESH_S + 1)
    moments.at += STALE_S
    with pytest.raises(OSError):
        kept()
    moments.fails = False
    assert asked(kept) == (2, 0)
