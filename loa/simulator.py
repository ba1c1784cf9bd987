"""A phone in the browser, for demo and training: what it sends goes in as a carrier's signed call."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from foundation.clock import local, utc_now
from foundation.phones import PhoneError, parse_phone
from foundation.text import clean_incoming, segment
from gateways.simulator import SimulatorGateway
from loa.webhooks import receive_texts
from loa.wiring import Loa

FIRST_PHONE = "0900000100"
EXAMPLES = (
    "ho ngheo dc ho tro tien dien bn",
    "Mẹ tôi 76 tuổi không có lương hưu thì được gì?",
    "con hoc ban tru cach truong 8km dc may tien an",
    "gia ca phe hom nay",
    "UNG HO 200K",
    "HUY",
)


def simulator(loa: Loa) -> Blueprint:
    """`/simulator`: the page, and the two calls that it makes."""
    gateway = loa.gateways["simulator"]
    assert isinstance(gateway, SimulatorGateway)
    network = gateway.network
    blueprint = Blueprint(
        "simulator", __name__, url_prefix="/simulator", template_folder="templates", static_folder="static"
    )

    @blueprint.get("")
    def page() -> Response:
        phone = request.args.get("phone", FIRST_PHONE)
        return make_response(
            render_template(
                "simulator.html", phone=phone, texts=_texts(phone), examples=EXAMPLES, number=gateway.number
            )
        )

    @blueprint.get("/texts")
    def texts() -> Response:
        return make_response(render_template("simulator_texts.html", texts=_texts(request.args.get("phone", ""))))

    @blueprint.post("/texts")
    def send() -> Response:
        phone, text = request.form.get("phone", ""), request.form.get("text", "")
        try:
            call = network.send_from_phone(phone, text, utc_now())
        except PhoneError as error:
            return make_response(render_template("simulator_texts.html", texts=[], error=str(error)), 422)
        receive_texts(loa, gateway, gateway.inbound(call))
        if "HX-Request" not in request.headers:
            return make_response(redirect(url_for("simulator.page", phone=phone), 303))
        return make_response(render_template("simulator_texts.html", texts=_texts(phone)))

    def _texts(phone: str) -> list[dict[str, object]]:
        try:
            shown = network.conversation(parse_phone(phone), utc_now())
        except PhoneError:
            return []
        return [
            {
                "text": clean_incoming(text.text, 100_000) if text.direction == "from_phone" else text.text,
                "mine": text.direction == "from_phone",
                "at": f"{local(text.arrives_at or text.created_at):%H:%M}",
                "segments": segment(text.text).segments,
                "encoding": segment(text.text).encoding.value,
            }
            for text in shown
        ]

    return blueprint
