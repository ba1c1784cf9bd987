"""Words for what Python knows by a code: states, kinds, rights, reasons. All other words stand in the templates."""

from campaigns.broadcasts import STATUS_NAMES
from campaigns.models import Status
from console.delivery_words import decided
from foundation.message_class import MessageClass
from people import Holder
from people.register import Basis
from policies import Facet

CLASSES: dict[str, str] = {
    MessageClass.PUBLIC_INFORMATION: "Thông tin chính sách",
    MessageClass.OPERATIONAL: "Điều hành, công vụ",
    MessageClass.FUNDRAISING: "Vận động ủng hộ (chỉ người đã đồng ý)",
    MessageClass.ADVERTISING: "Quảng cáo (chỉ người đã đồng ý)",
}

STATUSES: dict[str, str] = {status.value: name for status, name in STATUS_NAMES.items()}

TONES: dict[str, str] = {
    Status.DRAFT: "quiet",
    Status.SUBMITTED: "wait",
    Status.RETURNED: "bad",
    Status.SCHEDULED: "wait",
    Status.SENDING: "go",
    Status.PAUSED: "bad",
    Status.DONE: "good",
    Status.MISSED: "bad",
    Status.CANCELLED: "quiet",
}
"""The colour of a status; its words say the same."""

STATES: dict[str, str] = {
    "queued": "chờ gửi",
    "sending": "đang chuyển cho nhà mạng",
    "accepted": "nhà mạng đã nhận",
    "sent": "đang trên đường tới máy",
    "delivered": "đã tới máy",
    "seen": "đã được xem",
    "undelivered": "không tới được máy",
    "failed": "gửi hỏng",
    "expired": "quá hạn, không gửi",
    "suppressed": "không được gửi",
    "cancelled": "đã hủy",
    "unknown": "chưa rõ số phận",
}
"""In the order in which a message goes through them."""

REASONS: dict[str, str] = {
    "opt_out": "người nhận đã từ chối nhận tin",
    "invalid": "số không còn dùng",
    "erased": "người nhận đã yêu cầu xóa dữ liệu",
    "do_not_call": "số trong danh sách quốc gia không nhận quảng cáo",
    "excluded_label": "hộ thuộc diện không gửi loại tin này",
    "no_consent": "chưa có sự đồng ý của người nhận",
    "expired": "đã quá hạn của tin",
    "quiet_hours": "ngoài giờ được gửi, chờ đến giờ",
    "over_cap": "người nhận đã nhận đủ số tin loại này trong kỳ",
    "too_long": "dài hơn mức cổng gửi chở được",
    "budget_spent": "đã hết số tiền được duyệt",
    "worker died while sending": "máy chủ dừng đúng lúc đang gửi",
    "gateway raised": "cổng gửi tin gặp lỗi",
    "uncertain; asked again": "chưa rõ số phận, gửi lại cùng mã",
    "uncertain; too late to ask again": "chưa rõ số phận, đã quá lúc gửi lại cùng mã",
    "Kannel refuses this number or text": "cổng Kannel không nhận số hoặc nội dung này",
    "the simulated carrier refuses this number": "nhà mạng giả lập không nhận số này",
    "the simulated carrier is overloaded": "nhà mạng giả lập quá tải",
    "the simulated carrier hung up": "nhà mạng giả lập ngắt giữa chừng",
}
"""The outbox's reasons. What a gateway says in other words is shown as it is."""

TICKET_REASONS: dict[str, str] = {
    "question": "Câu hỏi",
    "feedback": "Phản ánh",
    "list_objection": "Ý kiến về danh sách",
    "corruption": "Tố giác tiêu cực",
    "danger": "Nguy hiểm",
    "call_back": "Nhờ gọi lại",
    "data": "Dữ liệu cá nhân",
    "doubt": "Nghi tin giả",
}
"""Why a person has to see to it (`bot.exchange.Reason`)."""

TICKET_STATUSES: dict[str, str] = {"open": "đang chờ", "answered": "đã trả lời", "closed": "đã đóng"}
TICKET_TONES: dict[str, str] = {"open": "wait", "answered": "good", "closed": "quiet"}

DUES: dict[str, str] = {"overdue": "Đã quá hạn", "today": "Hôm nay", "week": "Trong 7 ngày tới"}
AGES: dict[str, str] = {"3": "Từ 3 ngày", "7": "Từ 7 ngày", "30": "Từ 30 ngày"}

TURN_KINDS: dict[str, str] = {
    "answer": "trả lời theo chính sách",
    "ask_back": "hỏi lại cho rõ",
    "handover": "chuyển cho cán bộ",
    "feedback": "ghi nhận phản ánh",
    "status": "báo tình trạng phiếu",
    "pledge": "ghi nhận đăng ký ủng hộ",
    "opt_out": "từ chối nhận tin",
    "opt_in": "nhận tin trở lại",
    "data_request": "yêu cầu về dữ liệu cá nhân",
    "out_of_scope": "ngoài phạm vi",
    "greeting": "chào hỏi",
    "rate_limited": "nhắn quá nhiều",
    "repeated": "tin trùng",
}

DEEDS: dict[str, str] = {
    "answer": "Sổ chính sách có câu trả lời, nên trả lời.",
    "ask_back": "Chưa rõ là việc nào hoặc cần gì, nên hỏi lại.",
    "handover": "Máy không tự trả lời được, hoặc người dân cần gặp người, nên chuyển cho cán bộ.",
    "feedback": "Là phản ánh: máy không tự giải quyết, nên ghi phiếu cho cán bộ.",
    "status": "Hỏi phiếu của mình, nên báo phiếu đến đâu.",
    "pledge": "Là lời hứa ủng hộ, nên ghi nhận và cảm ơn.",
    "opt_out": "Là từ chối nhận tin, nên ngừng gửi ngay.",
    "opt_in": "Là muốn nhận tin trở lại, nên gửi lại từ nay.",
    "data_request": "Là yêu cầu về dữ liệu cá nhân, phải làm trong hạn luật định.",
    "out_of_scope": "Không phải việc tổng đài trả lời, nên nói rõ như vậy.",
    "greeting": "Là lời chào, cảm ơn hoặc nhờ chỉ cách dùng, nên đáp ngắn.",
    "rate_limited": "Quá nhiều tin trong một phút: tin được ghi lại, không trả lời từng tin.",
    "repeated": "Trùng với tin ngay trước: chỉ trả lời một lần.",
}
"""What the bot did and why, in a sentence, by what a turn came to."""

INTENTS: dict[str, str] = {
    "ask_eligibility": "hỏi ai được hưởng",
    "ask_amount": "hỏi mức tiền, mức hỗ trợ",
    "ask_how_to_apply": "hỏi cách làm thủ tục",
    "ask_documents": "hỏi giấy tờ",
    "ask_where": "hỏi nơi làm, nơi nộp",
    "ask_when": "hỏi thời gian, thời hạn",
    "ask_definition": "hỏi là gì, tính thế nào",
    "ask_legal_basis": "hỏi văn bản, quy định",
    "ask_list": "hỏi có những gì",
    "ask_entitlements": "hỏi mình được hưởng những gì",
    "report_problem": "phản ánh sự việc",
    "ask_status": "hỏi phiếu, hồ sơ của mình",
    "ask_human": "muốn gặp cán bộ",
    "data_request": "yêu cầu về dữ liệu của mình",
    "pledge": "đăng ký ủng hộ",
    "opt_out": "không muốn nhận tin",
    "opt_in": "muốn nhận tin trở lại",
    "give_answer": "cho biết hoàn cảnh",
    "affirm": "nói phải, đồng ý",
    "deny": "nói không phải",
    "dont_know": "nói không biết",
    "greet": "chào hỏi",
    "thank": "cảm ơn",
    "unclear": "chưa rõ muốn gì",
    "out_of_scope": "ngoài phạm vi",
}
"""What a text can be labelled with (`bot.learning.INTENTS`)."""

FACETS: dict[str, str] = {
    Facet.WHAT: "là gì",
    Facet.WHO: "ai được hưởng",
    Facet.AMOUNT: "mức tiền, mức hỗ trợ",
    Facet.HOW: "cách làm thủ tục",
    Facet.DOCUMENTS: "giấy tờ",
    Facet.WHERE: "nơi làm, nơi nộp",
    Facet.WHEN: "thời gian, thời hạn",
    Facet.LEGAL: "văn bản, quy định",
    Facet.LIST: "có những gì",
}
"""What may be asked about a subject."""

ATTACHMENTS: dict[str, str] = {
    "image": "Ảnh",
    "audio": "Tin thoại",
    "video": "Video",
    "file": "Tệp",
    "location": "Vị trí",
}
"""What may come with a text and is none (`gateways.AttachedKind`)."""

CHANNELS: dict[str, str] = {"sms": "SMS", "zalo": "Zalo"}
NO_NUMBER = "chưa cho biết, chỉ có Zalo"

BASES: dict[str, str] = {Basis.STATE_TASK: "nhiệm vụ nhà nước", Basis.CONSENT: "bà con đồng ý"}
"""What keeping a list of households rests on."""

ROLES: dict[str, str] = {
    "editor": "người soạn",
    "approver": "người duyệt",
    "handler": "người trả lời",
    "admin": "quản trị",
}

ACTIONS: dict[str, str] = {
    "official.added": "thêm người dùng",
    "official.password_set": "đặt lại mật khẩu",
    "official.signed_in": "đăng nhập",
    "official.sign_in_failed": "đăng nhập không thành công",
    "official.signed_out": "đăng xuất",
    "contacts.imported": "nhập danh sách người nhận",
    "slip.read": "mở phiếu kể",
    "broadcast.created": "soạn tin",
    "broadcast.edited": "sửa tin",
    "broadcast.submitted": "trình duyệt tin",
    "broadcast.scheduled": "duyệt tin",
    "broadcast.returned": "trả lại tin",
    "broadcast.paused": "tạm dừng tin",
    "broadcast.sending": "bắt đầu hoặc tiếp tục gửi tin",
    "broadcast.cancelled": "hủy tin",
    "broadcast.missed": "tin lỡ giờ",
    "broadcast.done": "tin gửi xong",
    "official.posted": "ghi nơi làm việc của người dùng",
    "official.phone_registered": "ghi điện thoại của người dùng",
    "duty.added": "phân công trả lời",
    "duty.removed": "thôi phân công trả lời",
    "register.imported": "nhập danh sách hộ",
    "register.removed": "bỏ danh sách hộ",
    "audience.saved": "lưu nhóm theo điều kiện",
    "audience.list_seen": "xem danh sách hộ của xã",
    "audience.objected": "phản đối danh sách của xã",
    "message.arrived": "xác nhận tin đã đến",
    "message.lost": "xác nhận tin không đến",
    "message.resent": "gửi lại tin",
    "message.text_read": "xem lời một tin đã gửi",
    "gateway.try_now": "thử lại cổng gửi tin",
    "outbox.uncertain": "tin chưa rõ số phận chờ người quyết định",
    "conversation.read": "đọc hội thoại",
    "ticket.read": "đọc phiếu kín",
    "ticket.number_shown": "xem số máy để gọi lại",
    "ticket.answered": "trả lời phiếu",
    "ticket.assigned": "giao phiếu",
    "ticket.escalated": "chuyển phiếu lên cấp trên",
    "ticket.late": "phiếu trễ hạn",
    "ticket.owner_unreachable": "không báo được cho người phụ trách",
    "ticket.closed": "đóng phiếu",
    "label.saved": "ghi nhãn cho máy học",
    "model.promoted": "dùng mô hình mới",
    "model.forced": "dùng mô hình mới mà không so sánh",
    "model.rolled_back": "quay lại mô hình trước",
    "answer.approved": "duyệt câu trả lời",
}

DETAILS: dict[str, str] = {
    "before": "trước đó",
    "basis": "căn cứ",
    "because": "lý do",
    "body": "cơ quan",
    "channel": "kênh",
    "chief": "cấp trên",
    "commune": "xã",
    "communes": "số xã",
    "condition": "điều kiện",
    "confidential": "phiếu kín",
    "contacts": "số người",
    "day": "xét ngày",
    "duty": "số phân công",
    "households": "số hộ",
    "imported": "người mới",
    "intent": "ý hỏi",
    "messages": "số tin",
    "owner": "người phụ trách",
    "persons": "số nhân khẩu",
    "place": "nơi",
    "rejected": "dòng bị loại",
    "resent_as": "tin mới",
    "review_by": "xem lại trước",
    "role": "vai trò",
    "rows": "số dòng",
    "told": "đã báo",
    "topic": "về việc",
    "updated": "người đã có",
    "version": "bản",
    "waiting": "còn chờ",
}

_PROBLEMS: dict[int, tuple[str, str]] = {
    400: (
        "Yêu cầu không hợp lệ",
        "Trang đã mở quá lâu hoặc phiên làm việc đã đổi. Quay lại, tải lại trang rồi làm lại.",
    ),
    403: ("Không có quyền", "Tài khoản này không được làm việc đó. Cần thì hỏi người quản trị."),
    404: ("Không tìm thấy", "Địa chỉ này không có gì. Có thể đường dẫn đã gõ sai."),
    413: ("Tệp quá lớn", "Chỉ nhận tệp đến 20 MB. Chia danh sách thành nhiều tệp rồi tải lại."),
    429: ("Thử lại sau ít phút", "Đã đăng nhập sai quá nhiều lần từ máy này. Chờ ít phút rồi thử lại."),
    500: ("Máy chủ gặp lỗi", "Việc vừa rồi chưa được ghi lại. Thử lại; nếu vẫn vậy, báo cho người quản trị."),
}


def reason(code: str) -> str:
    """A reason of the outbox in Vietnamese. Why a batch stopped may come from a gateway, which is then named."""
    if (by_hand := decided(code)) is not None:
        return by_hand
    because = code.removeprefix("gateway: ")
    said = REASONS.get(because, because)
    return said if because == code else f"cổng gửi tin báo: {said}"


def not_told_because(holder: Holder) -> str | None:
    """Why no text tells an official of their tickets; None where one does."""
    if holder.address is None:
        return "chưa có số máy nhận tin"
    if holder.suppressed == "opt_out":
        return "đã từ chối nhận tin; nhắn DANG KY từ máy mình để nhận lại"
    return reason(holder.suppressed) if holder.suppressed else None


def problem(code: int) -> tuple[str, str]:
    """What an HTTP error means to an official, and what to do: (title, advice)."""
    return _PROBLEMS.get(code, _PROBLEMS[500] if code >= 500 else _PROBLEMS[400])
