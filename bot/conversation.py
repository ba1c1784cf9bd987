"""One turn of a conversation, as a pure function: (state, text, what is known) → (reply, events, new state).

No database, no network, no clock: everything comes in as values, and what shall happen goes out as events.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.answering import Answerer, Nothing, OutOfScope, ReplyForm, Several, Subject, Together, TooShort
from bot.exchange import Incoming, Kind, KnownTicket, OptedIn, OptedOut, Pledged, State, TicketOpened, Turn
from bot.guards import guard, is_one_letter
from bot.keywords import Keyword, find_keyword
from bot.understanding import NO_TOPIC, Understanding
from bot.whereabouts import told_for
from bot.words import say
from campaigns.donations import read_pledge
from foundation.clock import add_working_days, say_date, say_time, today
from foundation.identifiers import find_ticket_codes
from foundation.places import find_place
from foundation.text import (
    AmountError,
    fold,
    format_vnd,
    holds_identity_number,
    holds_link,
    parse_vnd,
    unaccent,
    was_cut,
)
from policies import Facet

_NUMBER = re.compile(r"\(?(?:(?:so|chon|muc|cau|viec|cai)(?: thu| so)? )?(\d{1,2})[ .)]*(?:a|ad|nhe|nha)?")
_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

WORKING_DAYS_TO_ANSWER = 5
WORKING_DAYS_FOR_DATA = 2
"""Law 91/2025/QH15 with Decree 356/2025/NĐ-CP: a subject's request is answered in two working days."""


def needs_understanding(text: str) -> bool:
    """Whether a text has to go to the understanding process; stop words, pledges and codes never do."""
    return _without_understanding(Incoming(text, _NEVER, _NEVER.date(), ""), State()) is None


def respond(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn that follows. Always says something; never raises for any text."""
    incoming = replace(incoming, place=find_place(incoming.text, incoming.on) or state.place)
    turn = (
        _without_understanding(incoming, state)
        or _too_little(state, incoming)
        or _chosen(state, incoming, answerer)
        or _understood(state, incoming, answerer)
    )
    turn = _remembering(_as_demonstration(turn, state, incoming, answerer), state, incoming)
    return _in_their_form(_with_notes(turn, incoming.text), incoming.text, state.bare, answerer.form)


def apologise(incoming: Incoming, form: ReplyForm = ReplyForm.AS_WRITTEN) -> Turn:
    """The turn for a text at which we failed ourselves: a person takes over."""
    turn = _ticket("not_understood_now", Kind.HANDOVER, None, State(), incoming)
    return _in_their_form(turn, incoming.text, False, form)


def _in_their_form(turn: Turn, text: str, wrote_bare: bool, form: ReplyForm) -> Turn:
    """The turn without diacritics for who writes without: many cheap phones show nothing else. A setting may say
    otherwise."""
    bare = text == unaccent(text) if any(c.isalpha() for c in text) else wrote_bare
    said_bare = bare if form is ReplyForm.AS_WRITTEN else form is ReplyForm.BARE
    reply = unaccent(turn.reply) if said_bare else turn.reply
    return replace(turn, reply=reply, state=replace(turn.state, bare=bare))


def _as_demonstration(turn: Turn, state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The first answer of a conversation that nobody has signed says that it is none to rely on."""
    subject = turn.state.topic
    if (
        turn.kind is not Kind.ANSWER
        or state.told
        or subject is None
        or answerer.is_signed(subject, today(incoming.now))
    ):
        return turn
    return replace(turn, reply=f"{say('demonstration')} {turn.reply}", state=replace(turn.state, told=True))


def _remembering(turn: Turn, state: State, incoming: Incoming) -> Turn:
    """What outlives the topic: what was told once, and where the person is."""
    here = incoming.place
    place = replace(here, former=None) if here is not None and here.commune else state.place
    return replace(turn, state=replace(turn.state, told=turn.state.told or state.told, place=place))


def _with_notes(turn: Turn, text: str) -> Turn:
    """What has to be said about the text itself, around what is said to it."""
    before = [say("cut")] if was_cut(text) else []
    after = [say("identity_number")] if holds_identity_number(text) else []
    if holds_link(text) and turn.kind is not Kind.OUT_OF_SCOPE:
        after.append(say("link"))
    return replace(turn, reply="\n".join([*before, turn.reply, *after])) if before or after else turn


def _without_understanding(incoming: Incoming, state: State) -> Turn | None:
    text = incoming.text
    if not any(c.isalnum() for c in text) and text != "?":
        return Turn(Kind.ASK_BACK, say("empty"), state)
    match find_keyword(text):
        case Keyword.OPT_OUT:
            return Turn(Kind.OPT_OUT, say("opt_out", time=say_time(incoming.now)), State(), (OptedOut(),))
        case Keyword.OPT_IN:
            return _opted_in(incoming)
        case Keyword.MY_DATA:
            return _data_request(incoming, state)
        case Keyword.HELP:
            return Turn(Kind.GREETING, say("help"), State())
    if (pledge := read_pledge(text)) is not None:
        return _pledge(pledge.amount_vnd, state)
    return _ticket_status(incoming, state) or _guarded(incoming, state)


def _guarded(incoming: Incoming, state: State) -> Turn | None:
    said = guard(incoming.text)
    return Turn(Kind.OUT_OF_SCOPE, said, state) if said else None


def _too_little(state: State, incoming: Incoming) -> Turn | None:
    """One letter answers what was asked; out of the blue it asks nothing, however it is understood."""
    if not is_one_letter(incoming.text) or state.choices or state.topic:
        return None
    return Turn(Kind.ASK_BACK, say("unclear"), State(facet=state.facet))


def _chosen(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    number = _NUMBER.fullmatch(fold(incoming.text))
    if number is None or not state.choices:
        return None
    if not 1 <= int(number[1]) <= len(state.choices):
        return _which(state.choices, state.facet, None, answerer)
    return _answer(state.choices[int(number[1]) - 1], state.facet or Facet.WHAT, 1.0, incoming, answerer)


def _understood(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    meant = incoming.understanding
    if meant is None:
        return _ticket("not_understood_now", Kind.HANDOVER, state.topic, state, incoming)
    match meant.intent.name:
        case "greet":
            return Turn(Kind.GREETING, say("greeting"), state, confidence=meant.intent.confidence)
        case "thank":
            return Turn(Kind.GREETING, say("thanks"), state, confidence=meant.intent.confidence)
        case "ask_human":
            return _ticket("ask_human", Kind.HANDOVER, state.topic, state, incoming)
        case "report_problem":
            return _ticket("feedback", Kind.FEEDBACK, _topic(meant, answerer), state, incoming)
        case "data_request":
            return _data_request(incoming, state)
        case "opt_in" if meant.intent.confidence >= answerer.sure:
            return _opted_in(incoming)
        case "opt_out":
            return Turn(Kind.ASK_BACK, say("opt_out_how"), state, confidence=meant.intent.confidence)
        case "pledge" if meant.intent.confidence >= answerer.sure:
            return _pledge(_amount(incoming.text), state)
        case "pledge":
            return Turn(Kind.ASK_BACK, say("pledge_how"), state, confidence=meant.intent.confidence)
        case "ask_status":
            return _own_tickets(incoming, state)
    return _reacted(state, incoming, meant, answerer) or _question(state, incoming, meant, answerer)


def _question(state: State, incoming: Incoming, meant: Understanding, answerer: Answerer) -> Turn:
    facet = answerer.facet(meant)
    asked = facet or (state.facet if state.topic is None else None)  # asked before we asked back what about
    match answerer.find(meant, state.topic):
        case Subject(subject, confidence, beside):
            turn = _answer(subject, asked or Facet.WHAT, confidence, incoming, answerer)
            return _naming_others(turn, beside, answerer) if turn.kind is Kind.ANSWER else turn
        case Together(questions):
            return _both([_answer(q.about.subject, q.facet, q.about.confidence, incoming, answerer) for q in questions])
        case Several(subjects, confidence):
            return _which(subjects, asked, confidence, answerer)
        case TooShort() if state.choices:
            return _which(state.choices, asked, meant.intent.confidence, answerer)
        case TooShort():
            return Turn(Kind.ASK_BACK, say("unclear"), State(facet=asked), confidence=meant.intent.confidence)
        case OutOfScope(confidence):
            return Turn(Kind.OUT_OF_SCOPE, say("out_of_scope"), state, confidence=confidence)
        case Nothing(topic):
            return _ticket("handover", Kind.HANDOVER, topic, State(topic), incoming)


def _both(turns: Sequence[Turn]) -> Turn:
    """Answers to two questions as one, each with its source, the talk going on about the last; what has no answer is
    handed over, once."""
    answered = [turn for turn in turns if turn.kind is Kind.ANSWER]
    said = [*answered, *[turn for turn in turns if turn.kind is not Kind.ANSWER][:1]]
    if not answered or len(said) == 1:
        return said[0]
    return replace(
        answered[-1],
        reply="\n".join(dict.fromkeys(turn.reply for turn in said)),
        events=tuple(event for turn in said for event in turn.events),
        facts=tuple(dict.fromkeys([*(turn.facts[0] for turn in answered), *(f for t in answered for f in t.facts)])),
        citations=tuple(dict.fromkeys(citation for turn in answered for citation in turn.citations)),
        confidence=min(turn.confidence or 0.0 for turn in answered),
        version="+".join(dict.fromkeys(turn.version for turn in answered if turn.version)),
    )


def _which(subjects: tuple[str, ...], facet: Facet | None, confidence: float | None, answerer: Answerer) -> Turn:
    """Ask which of these is meant. The topic before is let go: it is not what this person asks about now."""
    if len(subjects) == 1:
        reply = say("which_of_one", title=answerer.title(subjects[0]))
    else:
        reply = say("which", choices=_numbered(subjects, answerer))
    return Turn(Kind.ASK_BACK, reply, State(None, facet, subjects), facts=subjects, confidence=confidence)


def _naming_others(turn: Turn, subjects: tuple[str, ...], answerer: Answerer) -> Turn:
    """The answer, and what it may be answered for by mistake: one number away instead of a text sent in vain."""
    if not subjects:
        return turn
    also = say("also", choices=_numbered(subjects, answerer))
    return replace(
        turn,
        reply=f"{turn.reply}\n{also}",
        state=replace(turn.state, choices=subjects),
        facts=tuple(dict.fromkeys((*turn.facts, *subjects))),
    )


def _numbered(subjects: tuple[str, ...], answerer: Answerer) -> str:
    return "; ".join(
        say("choice", number=str(number), title=answerer.title(subject))
        for number, subject in enumerate(subjects, start=1)
    )


def _reacted(state: State, incoming: Incoming, meant: Understanding, answerer: Answerer) -> Turn | None:
    """The turn after a "yes", "no" or "no idea" that names nothing; None for anything else."""
    yes_no = meant.intent.name
    if yes_no not in ("affirm", "deny", "dont_know") or meant.topic.name != NO_TOPIC:
        return None
    asked_back = state.topic is None  # otherwise the choices stand beside an answer, and "yes" is to the answer
    if yes_no == "affirm" and len(state.choices) == 1 and asked_back:
        return _answer(state.choices[0], state.facet or Facet.WHAT, meant.intent.confidence, incoming, answerer)
    if state.choices and (yes_no == "dont_know" or asked_back != (yes_no == "deny")):
        return _which(state.choices, state.facet, meant.intent.confidence, answerer)
    if yes_no == "dont_know" or (state.choices and asked_back):
        return Turn(Kind.ASK_BACK, say("unclear"), State(facet=state.facet), confidence=meant.intent.confidence)
    return Turn(Kind.GREETING, say("go_on"), state, confidence=meant.intent.confidence)


def _answer(subject: str, facet: Facet, confidence: float, incoming: Incoming, answerer: Answerer) -> Turn:
    answer = answerer.answer(subject, facet, incoming.on, today(incoming.now))
    if answer is None:
        return _ticket("handover", Kind.HANDOVER, subject, State(topic=subject), incoming)
    source = f"\n{say('source', source=answer.source)}" if answer.source else ""
    where = incoming.place if facet is Facet.WHERE else None
    reply = (told_for(answer.text, source, where) if where else answer.text) + source
    return Turn(
        Kind.ANSWER,
        reply,
        State(topic=subject, facet=answer.facet),
        facts=answer.facts,
        citations=answer.citations,
        confidence=confidence,
        version=answer.version,
    )


def _ticket(sentence: str, kind: Kind, topic: str | None, state: State, incoming: Incoming) -> Turn:
    days = WORKING_DAYS_FOR_DATA if kind is Kind.DATA_REQUEST else WORKING_DAYS_TO_ANSWER
    due = add_working_days(today(incoming.now), days)
    opened = TicketOpened(incoming.ticket_code, kind, topic, due)
    return Turn(kind, say(sentence, code=opened.code, due=say_date(due)), replace(state, choices=()), (opened,))


def _ticket_status(incoming: Incoming, state: State) -> Turn | None:
    codes = find_ticket_codes(fold(incoming.text))
    if not codes:
        return None
    code, _ = codes[0]
    known = next((ticket for ticket in incoming.tickets if ticket.code == code), None)
    reply = _status(known) if known else say("status_unknown", code=code)
    return Turn(Kind.STATUS, reply, replace(state, choices=()))


def _own_tickets(incoming: Incoming, state: State) -> Turn:
    if not incoming.tickets:
        return Turn(Kind.STATUS, say("status_none"), state)
    return Turn(Kind.STATUS, " ".join(_status(ticket) for ticket in incoming.tickets[-3:]), state)


def _status(ticket: KnownTicket) -> str:
    if ticket.status == "open":
        return say("status_open", code=ticket.code, due=say_date(ticket.due_on))
    return say(f"status_{ticket.status}", code=ticket.code)


def _opted_in(incoming: Incoming) -> Turn:
    return Turn(Kind.OPT_IN, say("opt_in", time=say_time(incoming.now)), State(), (OptedIn(),))


def _data_request(incoming: Incoming, state: State) -> Turn:
    return _ticket("data_request", Kind.DATA_REQUEST, None, state, incoming)


def _pledge(amount_vnd: int | None, state: State) -> Turn:
    if amount_vnd is None:
        return Turn(Kind.PLEDGE, say("pledge_without_amount"), state, (Pledged(None),))
    return Turn(Kind.PLEDGE, say("pledge", amount=format_vnd(amount_vnd)), state, (Pledged(amount_vnd),))


def _topic(meant: Understanding, answerer: Answerer) -> str | None:
    likely = meant.topic.name != NO_TOPIC and meant.topic.confidence >= answerer.likely
    return meant.topic.name if likely else None


def _amount(text: str) -> int | None:
    try:
        return parse_vnd(text)
    except AmountError:
        return None
