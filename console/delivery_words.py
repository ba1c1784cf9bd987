"""Words for how gateways stand, what waits for them, and what was decided by hand."""

from foundation.message_class import MessageClass
from scheduler.outbox.states import CircuitState

QUEUES: dict[str, str] = {
    MessageClass.REPLY: "Câu trả lời",
    MessageClass.OPERATIONAL: "Điều hành, công vụ",
    MessageClass.PUBLIC_INFORMATION: "Thông tin chính sách",
    MessageClass.FUNDRAISING: "Vận động ủng hộ",
    MessageClass.ADVERTISING: "Quảng cáo",
}
"""Every class of message, as a queue is called."""

CIRCUITS: dict[str, str] = {
    CircuitState.CLOSED: "đang gửi tốt",
    CircuitState.OPEN: "đang nghỉ",
    CircuitState.HALF_OPEN: "đang thử lại bằng vài tin",
}
CIRCUIT_TONES: dict[str, str] = {
    CircuitState.CLOSED: "good",
    CircuitState.OPEN: "bad",
    CircuitState.HALF_OPEN: "wait",
}
_TROUBLES: dict[str, str] = {
    "account": "tài khoản hoặc cài đặt có vấn đề, cần người sửa ({})",
    "errors": "nhiều tin gửi hỏng ({})",
    "slow": "trả lời quá chậm ({})",
}
"""Why a gateway rests (`scheduler.circuit.Trouble`), with the figure."""

_DECISIONS: dict[str, str] = {
    "arrived": "{} cho biết tin đã đến",
    "lost": "{} cho biết tin không đến",
    "resent as": "đã gửi lại là tin {}",
}
"""What a person decided about a text (`scheduler.outbox.decisions`)."""


def trouble(because: str) -> str:
    """Why a gateway rests, in Vietnamese."""
    kind, _, figure = because.partition(": ")
    return _TROUBLES.get(kind, "{}").format(_figure(figure) if kind in _TROUBLES else because)


def _figure(figure: str) -> str:
    """ "62% of 45" as "62% trong 45 tin", "7.2 s" as "7,2 giây"; what a gateway says as it is."""
    if figure.endswith(" s"):
        return figure.removesuffix(" s").replace(".", ",") + " giây"
    share, of, count = figure.partition(" of ")
    return f"{share} trong {count} tin" if of and share.endswith("%") else figure


def decided(detail: str) -> str | None:
    """What a message's detail says of a person's decision; None if it speaks of something else."""
    kind, _, about = detail.rpartition(" ")
    said = _DECISIONS.get(kind.removesuffix(":"))
    return said.format(about) if said else None
