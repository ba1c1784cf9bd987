"""The gateways: would the far end serve us, do we trust it, are tokens and templates in order."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta

from console.delivery_words import trouble
from foundation.clock import say_time
from foundation.settings import SettingsError
from gateways import Gateway
from gateways.protocol import TemplateState
from gateways.template_store import listed
from gateways.zalo import ZaloGateway
from gateways.zalo_templates import ZbsGateway
from gateways.zalo_tokens import standing as tokens_of
from loa.doctor.finding import Finding, say_span
from loa.wiring import Loa
from scheduler.outbox.overview import Trust, trusts
from scheduler.outbox.states import CircuitState

RENEWED_WITHIN = timedelta(days=80)
"""A refresh token of Zalo's lives three months (gateways.md §1.2, not of the first rank); each use gives a new one."""
_ZALO = (ZaloGateway.name, ZbsGateway.name)


async def gateways(loa: Loa, now: datetime | None) -> list[Finding]:
    """What is to be said of each gateway in use; without `now`, nothing that stands in the database."""
    try:
        in_use = loa.gateways
    except SettingsError as error:
        return [Finding("cổng nhắn tin", False, str(error))]
    findings = []
    for name, gateway in in_use.items():
        findings.append(await _far_end(name, gateway))
        if now is not None:
            findings += _circuit(loa, name)
            findings += _templates(loa, name, gateway)
    if now is not None and set(_ZALO) & in_use.keys():
        findings.append(_tokens(loa, now))
    return findings


async def _far_end(name: str, gateway: Gateway) -> Finding:
    try:
        wrong = await gateway.check()
    except Exception as error:  # a gateway promises not to raise; the others shall be looked at all the same
        wrong = f"check raised {type(error).__name__}"
    finally:
        await gateway.close()
    if wrong is None:
        return Finding(f"cổng {name}", True, f"sẵn sàng, số {gateway.number}")
    says = f"{wrong}. Kiểm tra LOA_{name.upper()}_… trong cấu hình, tài khoản, và mạng ra ngoài"
    return Finding(f"cổng {name}", False, says)


def _circuit(loa: Loa, name: str) -> Iterator[Finding]:
    with loa.database.read() as session:
        (trust,) = trusts(session, [name])
    if trust.circuit is not CircuitState.CLOSED:
        yield Finding(f"cổng {name}: cầu dao", False, _rests(trust))


def _rests(trust: Trust) -> str:
    again = f", thử lại lúc {say_time(trust.retry_at)}" if trust.retry_at else ""
    because = trouble(trust.because) if trust.because else "lỗi"
    return f"đang nghỉ vì {because}{again}; sửa xong thì chờ nó tự thử, hoặc «loa outbox try {trust.gateway}»"


def _templates(loa: Loa, name: str, gateway: Gateway) -> Iterator[Finding]:
    if not gateway.capabilities.registered_templates:
        return
    with loa.database.read() as session:
        states = Counter(TemplateState(row.state) for row in listed(session, name))
    what = f"cổng {name}: mẫu tin"
    says = ", ".join(f"{count} {state.value}" for state, count in states.items()) or "chưa có mẫu"
    if not states[TemplateState.APPROVED]:
        yield Finding(what, False, f"{says}: không tin nào đi được; đăng ký mẫu rồi «loa templates sync {name}»")
    elif states[TemplateState.REJECTED] or states[TemplateState.DISABLED]:
        yield Finding(what, False, f"{says}: xem lý do bằng «loa templates list», sửa mẫu hoặc thôi dùng")
    else:
        yield Finding(what, True, says)


def _tokens(loa: Loa, now: datetime) -> Finding:
    what, anew = "mã truy cập Zalo", "đăng nhập tài khoản, cấp quyền lại, rồi «loa zalo token --store»"
    pair = tokens_of(loa.database)
    if pair is None:
        return Finding(what, False, f"chưa có: {anew}")
    if pair.failed_because:
        return Finding(what, False, f"{pair.failed_because}: {anew}")
    age = now - pair.renewed_at
    if age > RENEWED_WITHIN:
        return Finding(what, False, f"đã {say_span(age)} không đổi, sắp hết hạn hẳn: chạy worker, hoặc {anew}")
    return Finding(what, True, f"đổi cách đây {say_span(age)}")
