"""The gateways' routes: verify, store once, answer fast; the work is the worker's."""

from collections.abc import Callable, Sequence

import structlog
from flask import Blueprint, Response, abort, request

from bot import inbound
from foundation.clock import utc_now
from foundation.database import Database
from gateways import Event, Gateway, InboundText, Receipt, WebhookRefused, WebhookReply, WebhookRequest
from gateways.webhooks import LARGEST_BODY
from loa.wiring import Loa
from scheduler.outbox import DeliveryReport, State, merge

log = structlog.get_logger()


def webhooks(loa: Loa) -> Blueprint:
    """`/gateways/<name>/inbound` and `/gateways/<name>/receipts` for the gateways in use."""
    blueprint = Blueprint("webhooks", __name__, url_prefix="/gateways")

    @blueprint.route("/<name>/inbound", methods=["GET", "POST"])
    def take_inbound(name: str) -> Response:
        gateway = loa.gateways.get(name) or abort(404)
        return _answer(gateway, lambda call: receive(loa, gateway, gateway.inbound(call)))

    @blueprint.route("/<name>/receipts", methods=["GET", "POST"])
    def take_receipts(name: str) -> Response:
        gateway = loa.gateways.get(name) or abort(404)
        return _answer(gateway, lambda call: receive(loa, gateway, gateway.receipts(call)))

    return blueprint


def receive(loa: Loa, gateway: Gateway, events: Sequence[Event]) -> WebhookReply:
    """Store what came, whatever it is: carriers with one address for all mix texts and receipts."""
    if receipts := [event for event in events if isinstance(event, Receipt)]:
        receive_receipts(loa.database, gateway, receipts)
    return receive_texts(loa, gateway, [event for event in events if isinstance(event, InboundText)])


def receive_texts(loa: Loa, gateway: Gateway, texts: Sequence[InboundText]) -> WebhookReply:
    """Store texts once, wake the worker, and say what the carrier wants to hear."""
    with loa.database.write() as session:
        keyword = loa.service_keyword(gateway.name)
        new = inbound.receive(session, gateway.name, gateway.channel, texts, utc_now(), keyword)
    if new:
        loa.nudge_worker()
    return gateway.reply(texts)


def receive_receipts(database: Database, gateway: Gateway, receipts: Sequence[Receipt]) -> WebhookReply:
    """Merge receipts into the outbox; those about nothing of ours change nothing."""
    reports = [
        DeliveryReport(receipt.reference, State(receipt.state.value), receipt.provider_id, receipt.detail)
        for receipt in receipts
    ]
    with database.write() as session:
        merge(session, gateway.name, reports, utc_now())
    return gateway.reply(receipts)


def _answer(gateway: Gateway, work: Callable[[WebhookRequest], WebhookReply]) -> Response:
    request.max_content_length = LARGEST_BODY  # before the body is read: more is answered with 413
    query = request.query_string.decode("latin-1")
    try:
        call = WebhookRequest.called(
            request.method, request.path + (f"?{query}" if query else ""), dict(request.headers), request.get_data()
        )
        reply = work(call)
    except WebhookRefused as refused:
        log.warning("a call was refused", gateway=gateway.name, status=refused.status, reason=refused.reason)
        return Response(f"{refused.reason}\n", refused.status, content_type="text/plain; charset=utf-8")
    return Response(reply.body, reply.status, content_type=reply.content_type)
