"""The templates that eSMS lists, in our form."""

import asyncio
from typing import Any

import pytest

from gateways.esms_account import EsmsApi
from gateways.esms_templates import fetch, in_our_form, read_templates
from gateways.protocol import TemplateState
from gateways.templates import TemplatesUnavailable
from tests.gateways.esms_parts import account
from tests.gateways.esms_server import esms_server
from tests.gateways.far_end import answers, far_end, hangs_up

PAID = "Da nhan {P2,20} VND luc {P2,20} cho don {P1,20}. Cam on!"


def row(body: Any, network: Any = 1, number: Any = 458) -> dict[str, Any]:
    """As GetTemplate lists it."""
    return {"NetworkID": network, "TempContent": body, "TempId": number}


def fetched(url: str, **changes: object) -> list[Any]:
    async def once() -> list[Any]:
        api = EsmsApi(account(url, **changes))
        try:
            return await fetch(api, "SoNNMT", "2")
        finally:
            await api.close()

    return asyncio.run(once())


def test_one_text_for_several_networks_is_one_template() -> None:
    with esms_server(templates=["{P1,20} la ma cua ban", PAID]) as esms:
        code, paid = fetched(esms.url)
    assert (code.template_id, code.state, code.detail) == ("401", TemplateState.APPROVED, "Viettel, Vina")
    assert code.values("2803 la ma cua ban") == {"P1_1": "2803"}
    assert (paid.template_id, list(paid.values("Da nhan 5 VND luc 8h cho don A. Cam on!").values())) == (
        "411",
        ["5", "8h", "A"],
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("{P1,20} la ma", "{P1_1,20} la ma"),
        (PAID, "Da nhan {P2_1,20} VND luc {P2_2,20} cho don {P1_1,20}. Cam on!"),
        ("{ Tên khách : x , 50 } oi", "{T_n_kh_ch___x_1,50} oi"),
        ("{1,5} a", "{P1_1,5} a"),
        ("{khong phai cho}", "{khong phai cho}"),
    ],
)
def test_places_get_a_name_each(theirs: str, ours: str) -> None:
    assert in_our_form(theirs) == ours


def test_what_cannot_be_held_is_left_out() -> None:
    rows = [row("{P1,5}{P2,5} a"), row(None), row("khong so", number="x"), 7, row("tot", network="?", number=9)]
    assert [(one.template_id, one.body, one.detail) for one in read_templates(rows)] == [("9", "tot", "?")]
    assert list(read_templates("no list")) == []


def test_trouble_is_told() -> None:
    with esms_server() as esms, pytest.raises(TemplatesUnavailable, match="refuses our keys"):
        fetched(esms.url, secret_key="another")
    with far_end(answers(500)) as end, pytest.raises(TemplatesUnavailable, match="500"):
        fetched(end.url)
    with far_end(hangs_up) as end, pytest.raises(TemplatesUnavailable, match="no answer"):
        fetched(end.url)
