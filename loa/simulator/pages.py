"""`/simulator`: the page with its phones, and the calls that it makes."""

import json
from collections.abc import Sequence

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from console.safety import HEADERS
from foundation.clock import utc_now
from foundation.phones import PhoneError
from loa.simulator.cases import as_case
from loa.simulator.phones import Phone, first_phones, free_number, read_phone, read_phones
from loa.simulator.screen import screen_of
from loa.webhooks import receive
from loa.wiring import Loa

CHANNELS = {"sms": "SMS", "zalo": "Zalo"}
EXAMPLES = (
    "ho ngheo dc ho tro tien dien bn",
    "còn giấy tờ thì sao",
    "Mẹ tôi 76 tuổi không có lương hưu thì được gì?",
    "con hoc ban tru cach truong 8km dc may tien an",
    "cán bộ thôn đòi 500k mới cho vào danh sách",
    "gặp cán bộ",
    "UNG HO 200K",
    "gia ca phe hom nay",
    "HUY",
    "DANG KY",
)
"""To tap: an answer, a question that goes on, a complaint, a wish for a person, a pledge, a stranger's topic, stop."""


def simulator(loa: Loa) -> Blueprint:
    """The blueprint; for installations with simulated gateways only, and never in production."""
    gateways = loa.simulated
    blueprint = Blueprint(
        "simulator", __name__, url_prefix="/simulator", template_folder="templates", static_folder="static"
    )

    @blueprint.after_request
    def add_headers(response: Response) -> Response:
        response.headers.extend(HEADERS)
        return response

    @blueprint.get("")
    def page() -> Response:
        keys = request.args.getlist("phone")
        if number := request.args.get("number"):
            keys.append(f"{request.args.get('channel', 'sms')}:{number}")
        phones, troubles = read_phones(keys, gateways)
        if number and not troubles:
            return make_response(redirect(url_for("simulator.page", phone=[phone.key for phone in phones]), 303))
        return _page(phones or ([] if troubles else first_phones(gateways)), troubles)

    @blueprint.get("/texts")
    def texts() -> Response:
        try:
            return _texts(read_phone(request.args.get("phone", ""), gateways))
        except PhoneError as error:
            return _refusal(error)

    @blueprint.post("/texts")
    def send() -> Response:
        text = request.form.get("text", "")
        try:
            phone = read_phone(request.form.get("phone", ""), gateways)
        except PhoneError as error:
            return _refusal(error)
        call = phone.gateway.network.send_from_phone(phone.address, text, utc_now())
        receive(loa, phone.gateway, phone.gateway.inbound(call))
        if "HX-Request" in request.headers:
            return _texts(phone)
        beside = request.form.getlist("beside") or [phone.key]
        return make_response(redirect(url_for("simulator.page", phone=beside), 303))

    @blueprint.get("/case")
    def case() -> Response:
        try:
            phone = read_phone(request.args.get("phone", ""), gateways)
        except PhoneError as error:
            return _refusal(error)
        with loa.database.read() as session:
            told = as_case(session, phone, utc_now())
        if told is None:
            return _page([phone], ["Máy này chưa nhắn tin nào, nên chưa có gì để lưu."], 404)
        response = make_response(json.dumps(told, ensure_ascii=False) + "\n")
        response.headers["Content-Type"] = "application/jsonl; charset=utf-8"
        response.headers["Content-Disposition"] = f'attachment; filename="{told["id"]}.jsonl"'
        return response

    def _page(phones: Sequence[Phone], troubles: Sequence[str], status: int = 200) -> Response:
        now = utc_now()
        screens = [(phone, screen_of(phone, loa.database, now, loa.answerer.title)) for phone in phones]
        return make_response(
            render_template(
                "simulator/page.html",
                screens=screens,
                keys=[phone.key for phone in phones],
                troubles=troubles,
                examples=EXAMPLES,
                channels={gateway.channel.value: CHANNELS[gateway.channel] for gateway in gateways},
                free=free_number(phones),
            ),
            status,
        )

    def _texts(phone: Phone) -> Response:
        """What the phone shows; nothing (204) to a page that shows it already, so that no screen reader starts anew."""
        screen = screen_of(phone, loa.database, utc_now(), loa.answerer.title)
        if request.args.get("version") == screen.version:
            return Response(status=204)
        return make_response(render_template("simulator/texts.html", phone=phone, screen=screen))

    def _refusal(error: PhoneError) -> Response:
        return _page([], [f"Không làm được: {error}."], 422)

    return blueprint
