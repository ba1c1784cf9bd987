"""Registered templates: which texts have the form of one, and what stands in its places."""

import pytest

from gateways.protocol import TemplateState
from gateways.templates import RegisteredTemplate, TemplateFormError, fitting


def approved(body: str, template_id: str = "t1") -> RegisteredTemplate:
    return RegisteredTemplate(template_id, body, TemplateState.APPROVED)


def test_a_text_of_the_form_gives_what_stands_in_its_places() -> None:
    template = approved("Kính gửi {ten}, hồ sơ {ma} đã xong.")
    assert template.values("Kính gửi Y Hoa, hồ sơ HS-1 đã xong.") == {"ten": "Y Hoa", "ma": "HS-1"}


@pytest.mark.parametrize(
    "text",
    [
        "Kính gửi Y Hoa, hồ sơ HS-1 đã xong. Gọi 1900",
        "kính gửi Y Hoa, hồ sơ HS-1 đã xong.",
        "Kính gửi , hồ sơ  đã xong.",
    ],
)
def test_a_text_of_another_form_gives_nothing(text: str) -> None:
    assert approved("Kính gửi {ten}, hồ sơ {ma} đã xong.").values(text) is None


def test_only_approved_templates_let_a_text_through_and_the_plainest_goes_first() -> None:
    plain, open_one = approved("Mai họp thôn.", "plain"), approved("{tin}", "open")
    refused = RegisteredTemplate("refused", "Mai họp thôn.", TemplateState.REJECTED)
    fit = fitting([refused, open_one, plain], "Mai họp thôn.")
    assert fit is not None and fit.template is plain
    assert fitting([refused], "Mai họp thôn.") is None


@pytest.mark.parametrize(("body", "quoted"), [("{ten} và {ten}", "{ten}"), ("{ten}{ma}", "{ma}"), ("  ", "empty")])
def test_a_body_that_cannot_be_read_is_refused(body: str, quoted: str) -> None:
    with pytest.raises(TemplateFormError, match=quoted.replace("{", r"\{")):
        approved(body)


def test_a_value_may_be_as_long_as_its_place_and_no_longer() -> None:
    template = approved("Hồ sơ {ma,5} xong.")
    assert template.values("Hồ sơ 12345 xong.") == {"ma": "12345"}
    assert template.values("Hồ sơ 123456 xong.") is None
    assert template.values("Hồ sơ  xong.") is None


@pytest.mark.parametrize("body", ["{ma,0} a", "{ma,} a", "{,5} a", "{ma, 5} a", "{m a} a"])
def test_braces_that_are_no_place_are_themselves(body: str) -> None:
    assert approved(body).values(body) == {}
    assert approved(body).values("b a") is None
