"""The embedded default: a telephone network in our own database, with phones that a page or a test can hold.

It calls us as a real carrier would: signed, late, twice or never, as its `Behaviours` say. Its phones have Zalo too:
the same promises on another channel, with an account of ours in the place of a short code.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import delete, insert, select

from foundation.clock import utc_now
from foundation.database import Database
from foundation.phones import PhoneError, parse_phone
from gateways.behaviour import Behaviour, Behaviours
from gateways.models import Direction, SimulatedReceipt, SimulatedText
from gateways.protocol import (
    Capabilities,
    Channel,
    Event,
    InboundText,
    Outcome,
    Outgoing,
    Receipt,
    ReceiptState,
    SendStatus,
    Sent,
    WebhookRefused,
    WebhookReply,
    WebhookRequest,
)
from gateways.webhooks import proof, require_proof, require_shape

SIGNATURE = "X-Simulator-Signature"
_RECEIPTS_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class SimulatorConfig:
    """`secret` signs the network's calls on us; `number` is what its phones write to: a short code, or our account.

    Gateways on one database need a number each: by it the network knows whose a text is.
    """

    secret: bytes = field(repr=False)
    number: str = "8099"
    behaviours: Behaviours = field(default_factory=Behaviours)
    segments_per_second: float = 200.0
    price_vnd_per_segment: int = 0
    max_segments: int = 10


class SimulatorNetwork:
    """The carrier and its phones. Every text it ever took is a row of SimulatedText: tests count arrivals there."""

    def __init__(self, config: SimulatorConfig, database: Database, gateway: str) -> None:
        self._config = config
        self._database = database
        self._gateway = gateway

    def carry(self, batch: Sequence[Outgoing], now: datetime) -> list[Outcome]:
        """Take messages for phones, all in one transaction; one outcome for each, in the same order.

        Like most carriers it does not notice a reference that it has had before: the text arrives once more.
        """
        outcomes: list[Outcome] = []
        texts: list[dict[str, object]] = []
        receipts: list[dict[str, object]] = []
        for message in batch:
            behaviour = self._config.behaviours.of(message.to)
            outcome = _answer(message, behaviour, now)
            outcomes.append(outcome)
            if outcome.status not in (SendStatus.ACCEPTED, SendStatus.UNCERTAIN):
                continue
            state = _fate(message, behaviour)
            ends_at = now + timedelta(seconds=behaviour.delay * (0.5 + behaviour.chance("pace", message.reference)))
            texts.append(
                {
                    "direction": Direction.TO_PHONE,
                    "phone_hash": message.to,
                    "phone": message.to,
                    "our_number": self._config.number,
                    "text": message.text,
                    "reference": message.reference,
                    "created_at": now,
                    "arrives_at": ends_at if state is ReceiptState.DELIVERED else None,
                }
            )
            receipts += [
                {
                    "reference": message.reference,
                    "provider_id": _provider_id(message.reference, now),
                    "state": receipt_state,
                    "due_at": due_at,
                }
                for receipt_state, due_at in _receipts(message, behaviour, state, now, ends_at)
            ]
        with self._database.write() as session:
            if texts:
                session.execute(insert(SimulatedText), texts)
            if receipts:
                session.execute(insert(SimulatedReceipt), receipts)
        return outcomes

    def step(self, now: datetime) -> Iterator[WebhookRequest]:
        """The calls that the carrier owes us by now, for `SimulatorGateway.receipts`.

        A call counts as made when the next ones are asked for; what a crash interrupts comes again, as from a real
        carrier.
        """
        while due := self._due(now):
            for receipt in due:
                yield self._call(
                    "receipts",
                    reference=receipt.reference,
                    state=receipt.state.value,
                    id=receipt.provider_id,
                    at=receipt.due_at.isoformat(),
                )
            with self._database.write() as session:
                done = [receipt.id for receipt in due]
                session.execute(delete(SimulatedReceipt).where(SimulatedReceipt.id.in_(done)))

    def send_from_phone(self, phone: str, text: str, now: datetime) -> WebhookRequest:
        """Type a text on a phone: it is kept, and the call on us that a carrier makes of it is given back.

        Raises foundation.phones.PhoneError, in Vietnamese, for a number that is none.
        """
        phone = parse_phone(phone)
        text = text.encode("utf-8", "replace").decode()  # a lone surrogate has no bytes to travel in
        with self._database.write() as session:
            kept = SimulatedText(
                direction=Direction.FROM_PHONE,
                phone_hash=phone,
                phone=phone,
                our_number=self._config.number,
                text=text,
                created_at=now,
                arrives_at=now,
            )
            session.add(kept)
            session.flush()
            fields = {"id": provider_id_of(kept), "from": phone, "to": kept.our_number, "text": text}
        return self._call("inbound", **fields, at=now.isoformat())

    def conversation(self, phone: str, now: datetime) -> list[SimulatedText]:
        """What this phone shows now of its talk with our number, oldest first. Raises foundation.phones.PhoneError."""
        texts = (
            select(SimulatedText)
            .where(SimulatedText.phone_hash == parse_phone(phone), SimulatedText.arrives_at <= now)
            .where(SimulatedText.our_number == self._config.number)
            .order_by(SimulatedText.arrives_at, SimulatedText.id)
        )
        with self._database.read() as session:
            return list(session.scalars(texts))

    def _due(self, now: datetime) -> list[SimulatedReceipt]:
        ours = select(SimulatedText.id).where(
            SimulatedText.reference == SimulatedReceipt.reference, SimulatedText.our_number == self._config.number
        )
        receipts = (
            select(SimulatedReceipt)
            .where(SimulatedReceipt.due_at <= now, ours.exists())
            .order_by(SimulatedReceipt.due_at, SimulatedReceipt.id)
            .limit(_RECEIPTS_AT_ONCE)
        )
        with self._database.read() as session:
            return list(session.scalars(receipts))

    def _call(self, kind: str, **fields: str) -> WebhookRequest:
        body = urlencode(fields).encode()
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            SIGNATURE: proof(self._config.secret, kind, body),
        }
        return WebhookRequest("POST", f"/gateways/{self._gateway}/{kind}", {}, headers, body)


class SimulatorGateway:
    """The simulated network behind the Protocol that real gateways keep."""

    name: ClassVar[str] = "simulator"
    channel: ClassVar[Channel] = Channel.SMS

    def __init__(self, config: SimulatorConfig, database: Database, clock: Callable[[], datetime] = utc_now) -> None:
        self.network = SimulatorNetwork(config, database, self.name)
        self.number: str | None = config.number
        self.segments_per_second = config.segments_per_second
        self.price_vnd_per_segment = config.price_vnd_per_segment
        self.capabilities = Capabilities(
            free_text=True,
            can_be_answered=True,
            reply_in_response=False,
            registered_templates=False,
            max_segments=config.max_segments,
            concurrency=1,
            batch_max=1_000,
        )
        self._config = config
        self._clock = clock

    async def send(self, batch: Sequence[Outgoing]) -> list[Outcome]:
        # In a thread, since the database's lock may take a while and replies wait on the same loop.
        return await asyncio.to_thread(self.network.carry, batch, self._clock())

    def inbound(self, request: WebhookRequest) -> list[InboundText]:
        fields = self._fields("inbound", request)
        try:
            sender, sent_at = parse_phone(fields["from"]), _moment(fields["at"])
            return [InboundText(fields["id"], sender, fields["to"], fields["text"], sent_at)]
        except (KeyError, ValueError, PhoneError) as error:
            raise WebhookRefused(400, "a field is absent or odd") from error

    def receipts(self, request: WebhookRequest) -> list[Receipt]:
        fields = self._fields("receipts", request)
        try:
            state, at = ReceiptState(fields["state"]), _moment(fields["at"])
            return [Receipt(fields["reference"], state, fields["id"], None, at)]
        except (KeyError, ValueError) as error:
            raise WebhookRefused(400, "a field is absent or odd") from error

    def cannot_carry(self, message: Outgoing) -> str | None:
        return None

    async def status(self, asked: Sequence[Sent]) -> list[Receipt]:
        return []

    def reply(self, events: Sequence[Event], answers: Sequence[str] = ()) -> WebhookReply:
        return WebhookReply()

    async def check(self) -> str | None:
        return None

    async def close(self) -> None:
        return None

    def _fields(self, kind: str, request: WebhookRequest) -> dict[str, str]:
        require_shape(request, ("POST",))
        require_proof(request.header(SIGNATURE), proof(self._config.secret, kind, request.body))
        try:
            return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=16))
        except ValueError as error:
            raise WebhookRefused(400, "the form cannot be read") from error


class SimulatedZalo(SimulatorGateway):
    """The same phones, reached through Zalo. Their owners are known by their numbers there too."""

    name: ClassVar[str] = "simulator_zalo"
    channel: ClassVar[Channel] = Channel.ZALO


def provider_id_of(text: SimulatedText) -> str:
    """The id under which the network brings us a text from a phone."""
    return f"phone-{text.id}"


def _moment(text: str) -> datetime:
    """An ISO 8601 moment in UTC. Raises ValueError, also for one without offset."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment needs an offset")
    return moment.astimezone(UTC)


def _answer(message: Outgoing, behaviour: Behaviour, now: datetime) -> Outcome:
    """What the carrier says to one message."""
    reference = message.reference
    if behaviour.happens("refuse", message.to):
        return Outcome(reference, SendStatus.REJECTED, detail="the simulated carrier refuses this number")
    if behaviour.happens("temporary", reference, now.isoformat()):
        return Outcome(reference, SendStatus.TEMPORARY, detail="the simulated carrier is overloaded")
    if behaviour.happens("uncertain", reference):
        return Outcome(reference, SendStatus.UNCERTAIN, detail="the simulated carrier hung up")
    return Outcome(reference, SendStatus.ACCEPTED, _provider_id(reference, now))


def _provider_id(reference: str, now: datetime) -> str:
    return f"sim-{reference[-20:]}-{now:%H%M%S%f}"


def _fate(message: Outgoing, behaviour: Behaviour) -> ReceiptState:
    if behaviour.happens("undelivered", message.reference):
        return ReceiptState.UNDELIVERED
    if behaviour.happens("expire", message.reference):
        return ReceiptState.EXPIRED
    return ReceiptState.DELIVERED


def _receipts(
    message: Outgoing, behaviour: Behaviour, state: ReceiptState, now: datetime, ends_at: datetime
) -> list[tuple[ReceiptState, datetime]]:
    """The receipts that will come for a message, with the moment of each."""
    reference = message.reference
    if behaviour.happens("receipt_lost", reference):
        return []
    last = (state, now if behaviour.happens("receipt_early", reference) else ends_at)
    twice = behaviour.happens("receipt_duplicated", reference)
    sent = (ReceiptState.SENT, now + (ends_at - now) / 2)
    return [sent, last, last] if twice else [sent, last]
