"""The care templates that eSMS has registered for a brandname, in our form.

Source: the page "Hàm lấy danh sách template tin chăm sóc khách hàng" of the documentation named in `esms_account`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from gateways.esms_account import TAKEN, EsmsApi, code_of, meaning_of, read_fields
from gateways.protocol import TemplateState
from gateways.templates import RegisteredTemplate, TemplateFormError, TemplatesUnavailable
from gateways.wire import NeverLeft, NoAnswer

log = structlog.get_logger()

_THEIR_PLACE = re.compile(r"\{\s*([^{},]{1,40}?)\s*,\s*([0-9]{1,4})\s*\}")
_NETWORKS = {"1": "Viettel", "2": "Mobi", "3": "Vina", "4": "Vietnamobile", "5": "Gtel", "6": "Itel", "7": "Reddi"}


async def fetch(api: EsmsApi, brandname: str, sms_type: str) -> list[RegisteredTemplate]:
    """All registered templates, approved: eSMS lists no others. One of the same text for several networks is one here,
    under the lowest of its numbers; `detail` names the networks. Raises TemplatesUnavailable."""
    try:
        answer = await api.post("GetTemplate/", {"SmsType": sms_type, "Brandname": brandname})
    except (NeverLeft, NoAnswer) as error:
        raise TemplatesUnavailable(f"eSMS gives no answer: {error}") from error
    fields = read_fields(answer)
    if code_of(fields) != TAKEN:
        raise TemplatesUnavailable(meaning_of(fields) or f"eSMS answered {answer.status}, and no templates")
    return list(read_templates(fields.get("BrandnameTemplates")))


def read_templates(rows: Any) -> Iterator[RegisteredTemplate]:
    """The templates in BrandnameTemplates. One that our form cannot hold, such as two places side by side, is told in
    the log and left out."""
    by_body: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and isinstance(row.get("TempContent"), str) and _number(row) is not None:
            by_body.setdefault(row["TempContent"], []).append(row)
    for body, same in by_body.items():
        template_id = str(min(_number(row) or 0 for row in same))
        networks = ", ".join(sorted(_NETWORKS.get(str(row.get("NetworkID")), "?") for row in same))
        try:
            yield RegisteredTemplate(template_id, in_our_form(body), TemplateState.APPROVED, networks)
        except TemplateFormError as error:
            log.warning("a template of eSMS cannot be read", template=template_id, reason=str(error))


def in_our_form(body: str) -> str:
    """eSMS's places are kinds, and stand as often as they are needed: "{P2,20} … {P2,20}". Ours have each a name."""
    seen: dict[str, int] = {}

    def named(place: re.Match[str]) -> str:
        kind = re.sub(r"\W", "_", place[1], flags=re.ASCII)
        kind = kind if re.match(r"[A-Za-z_]", kind) else f"P{kind}"
        seen[kind] = seen.get(kind, 0) + 1
        return f"{{{kind[:30]}_{seen[kind]},{int(place[2]) or 1}}}"

    return _THEIR_PLACE.sub(named, body)


def _number(row: Mapping[str, Any]) -> int | None:
    value = row.get("TempId")
    return value if isinstance(value, int) and not isinstance(value, bool) else None
