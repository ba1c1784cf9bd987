"""Settings of the rules: what may be changed, and what the law or the project does not let anybody change."""

from datetime import timedelta

import pytest

from foundation.message_class import MessageClass
from people.models import Label
from scheduler.limits import CAPS, EXCLUDED, LIMITS, CapsError, LabelsError, read_caps, read_excluded, read_limits
from scheduler.outbox.hours import HOURS, HoursError

PUBLIC, FUNDRAISING, ADVERTISING = (
    MessageClass.PUBLIC_INFORMATION,
    MessageClass.FUNDRAISING,
    MessageClass.ADVERTISING,
)


def test_without_settings_the_defaults_hold() -> None:
    assert read_limits("", "") == LIMITS
    assert (LIMITS.hours, LIMITS.caps, LIMITS.excluded) == (HOURS, CAPS, EXCLUDED)


def test_every_cap_has_its_source_and_answers_have_none() -> None:
    assert all(cap.source for cap in CAPS.values())
    assert set(CAPS) == {PUBLIC, FUNDRAISING, ADVERTISING}


def test_an_installation_sets_its_own_caps() -> None:
    caps = read_caps("public_information=4/24h, fundraising=1/30d,")
    assert (caps[PUBLIC].most, caps[PUBLIC].window) == (4, timedelta(hours=24))
    assert (caps[FUNDRAISING].most, caps[FUNDRAISING].window) == (1, timedelta(days=30))
    assert caps[ADVERTISING] == CAPS[ADVERTISING]


def test_what_the_decree_allows_may_be_narrowed() -> None:
    """Decree 91/2020/NĐ-CP art. 13: three advertising messages to a number in 24 hours."""
    assert (CAPS[ADVERTISING].most, CAPS[ADVERTISING].window) == (3, timedelta(hours=24))
    assert read_caps("advertising=1/24h")[ADVERTISING].most == 1
    assert read_caps("advertising=3/48h")[ADVERTISING].window == timedelta(hours=48)


@pytest.mark.parametrize(
    "text",
    [
        "advertising",
        "advertising=4/24h",
        "advertising=3/23h",
        "advertising=1/90m",
        "advertising=0/24h",
        "fundraising=1/0",
        "fundraising=1/7",
        "fundraising=1/7w",
        "fundraising=-1/7d",
        "fundraising=1 in 7d",
        "reply=3/24h",
        "operational=3/24h",
        "public=3/24h",
    ],
)
def test_caps_that_cannot_be_or_may_not_be_are_refused_and_quoted(text: str) -> None:
    with pytest.raises(CapsError) as refused:
        read_limits("", f"public_information=4/24h,{text}")
    assert text in str(refused.value)
    assert "\n" not in str(refused.value)


def test_nobody_poor_is_asked_for_money_whatever_the_settings_say() -> None:
    assert EXCLUDED[FUNDRAISING] == {Label.POOR, Label.NEAR_POOR, Label.ALLOWANCE}
    excluded = read_excluded("advertising=poor+near_poor, fundraising=poor")
    assert excluded[ADVERTISING] == {Label.POOR, Label.NEAR_POOR}
    assert excluded[FUNDRAISING] == EXCLUDED[FUNDRAISING]


@pytest.mark.parametrize(
    "text", ["advertising", "advertising=rich", "advertising=poor,near_poor", "reply=poor", "x=poor"]
)
def test_labels_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(LabelsError):
        read_limits("", "", text)


def test_each_setting_is_told_apart() -> None:
    with pytest.raises(HoursError):
        read_limits("public_information=20:00-06:00", "")
