"""One turn of a conversation, as a pure function: (state, text, what is known) → (reply, events, new state).

No database, no network, no clock: everything comes in as values, and what shall happen goes out as events.
"""

import re
from dataclasses import replace

from bot.acts import acts, amount_in, awaited, erase, in_danger, opted_in, own_tickets, pledge, see_data, where_it_is
from bot.answering import Answerer, ReplyForm
from bot.carrying import asks, bare_facet, corrects
from bot.exchange import Event, Incoming, Kind, Reason, State, TicketOpened, Turn
from bot.grievance import grievance_of
from bot.guards import guard, is_one_letter
from bot.languages import spoken_by, written_in
from bot.pieces import clauses
from bot.questions import answers, chosen, question, reacted, unclear
from bot.raising import call_back, complain, hand_over, raise_ticket
from bot.reading import Reading, read
from bot.understanding import NO_TOPIC, Understanding
from bot.words import say
from foundation.clock import say_time
from foundation.places import find_place
from foundation.text import fold, holds_identity_number, holds_link, unaccent, was_cut

MOST_ASKED_BACK = 2
"""After asking back so often in a row a person takes over: who cannot say it in our words is not asked for ever."""

_WEIGHT = tuple(Kind(name) for name in ("opt_out", "data_request", "opt_in", "pledge", "status", "feedback"))


def to_understand(text: str) -> str | None:
    """What of a text has to go to the understanding process; None where stop words, pledges and codes say it all."""
    if not _is_readable(text) or guard(text) or written_in(text):
        return None
    return read(text).rest or None


def respond(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn that follows. Always says something; never raises for any text."""
    incoming = replace(incoming, place=find_place(incoming.text, incoming.on) or state.place)
    turn = _bounded(_turn(state, incoming, answerer), state, incoming)
    turn = _remembering(turn, state, incoming)
    return _in_their_form(_with_notes(turn, incoming), incoming.text, state.bare, answerer.form)


def apologise(incoming: Incoming, form: ReplyForm = ReplyForm.AS_WRITTEN) -> Turn:
    """The turn for a text at which we failed ourselves: a person takes over."""
    turn = hand_over("not_understood_now", None, State(), incoming)
    return _in_their_form(turn, incoming.text, False, form)


def _turn(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    if not _is_readable(incoming.text) and incoming.attached:
        return raise_ticket("attached", Kind.HANDOVER, Reason.QUESTION, state, incoming, topic=state.topic)
    if not _is_readable(incoming.text):
        return Turn(Kind.ASK_BACK, say("empty"), state)
    reading = read(incoming.text, incoming.offered)
    if not reading.wants:
        return _asked(state, incoming, answerer)
    done = acts(reading, state, incoming, answerer)
    rest = _rest(reading, done, incoming, answerer)
    return _as_one([*done, rest] if rest else done)


def _asked(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn of a text that wants nothing by itself: an answer to us, or something to be understood."""
    given = awaited(state, incoming)
    if given is not None:
        return given
    state = replace(state, awaits=None)
    turn = (
        _guarded(incoming, state)
        or _too_little(state, incoming)
        or chosen(state, incoming, answerer)
        or _understood(state, incoming, answerer)
    )
    lost = turn.kind in (Kind.OUT_OF_SCOPE, Kind.ASK_BACK)
    return in_danger(state.danger, state, incoming, answerer) if state.danger and lost else turn


def _rest(reading: Reading, done: list[Turn], incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of what else a text says; None where that is only the manner in which the wish was told."""
    meant, state = incoming.understanding, done[-1].state
    if not reading.rest or meant is None:
        return None
    turn = _understood(replace(state, awaits=None), replace(incoming, text=reading.rest), answerer)
    asked = turn.kind is Kind.ANSWER or (turn.kind is Kind.ASK_BACK and turn.facts and asks(reading.rest))
    complained = turn.kind is Kind.FEEDBACK and not any(act.ticket or act.kind is Kind.STATUS for act in done)
    return turn if asked or complained else None


def _as_one(turns: list[Turn]) -> Turn:
    """All that a text wants in one reply, in order; its kind is the weightiest."""
    if len(turns) == 1:
        return turns[0]
    kind = min((turn.kind for turn in turns), key=lambda kind: _WEIGHT.index(kind) if kind in _WEIGHT else len(_WEIGHT))
    said = [turn for turn in turns if turn.kind is not Kind.ASK_BACK or turn.facts]
    return Turn(
        kind,
        "\n".join(dict.fromkeys(turn.reply for turn in said or turns)),
        turns[-1].state,
        _events(turns),
        facts=tuple(dict.fromkeys(fact for turn in turns for fact in turn.facts)),
        citations=tuple(dict.fromkeys(citation for turn in turns for citation in turn.citations)),
        confidence=turns[-1].confidence,
        version=next((turn.version for turn in turns if turn.version), None),
    )


def _events(turns: list[Turn]) -> tuple[Event, ...]:
    """All that shall happen; what a person has to see to is one ticket, as confidential as any part of it."""
    tickets = [turn.ticket for turn in turns if turn.ticket is not None]
    confidential, urgent = any(ticket.confidential for ticket in tickets), any(ticket.urgent for ticket in tickets)
    one = [replace(ticket, confidential=confidential, urgent=urgent) for ticket in tickets[:1]]
    return (*(event for turn in turns for event in turn.events if not isinstance(event, TicketOpened)), *one)


def _understood(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    text, meant = incoming.text, incoming.understanding
    complaint = _complained(state, incoming, answerer)
    if complaint is not None:
        return complaint
    if meant is None:
        return hand_over("not_understood_now", state.topic, state, incoming)
    sure = meant.intent.confidence
    if _goes_on(text, meant, answerer):
        return question(state, incoming, meant, answerer)
    match meant.intent.name:
        case "greet":
            return Turn(Kind.GREETING, say("greeting"), state, confidence=sure)
        case "thank":
            return Turn(Kind.GREETING, say("thanks"), state, confidence=sure)
        case "ask_human" if spoken_by(text):
            return call_back(state, incoming)
        case "ask_human":
            return hand_over("ask_human", state.topic, state, incoming)
        case "data_request" if _ERASES.search(fold(text)):
            return erase(incoming, state)
        case "data_request":
            return see_data(incoming, state)
        case "opt_in" if sure >= answerer.sure:
            return opted_in(incoming, state)
        case "opt_out":
            return Turn(Kind.ASK_BACK, say("opt_out_how"), state, confidence=sure)
        case "pledge" if sure >= answerer.sure:
            return pledge(amount_in(text), state)
        case "pledge":
            return Turn(Kind.ASK_BACK, say("pledge_how"), state, confidence=sure)
        case "ask_status":
            return own_tickets(incoming, state)
    return reacted(state, incoming, meant, answerer) or question(state, incoming, meant, answerer)


def _goes_on(text: str, meant: Understanding, answerer: Answerer) -> bool:
    """Whether a text asks on about what was talked about, whatever it seems to say alone."""
    if bare_facet(text):
        return meant.intent.confidence < answerer.sure or meant.intent.name not in _TO_A_PERSON
    return corrects(text) and meant.intent.name in _YES_OR_NO


_TO_A_PERSON = frozenset({"ask_status", "ask_human", "thank"})
_YES_OR_NO = frozenset({"affirm", "deny", "dont_know"})
_ERASES = re.compile(r"(?<!\w)(?:xoa|huy|go|bo)(?!\w)")


def _complained(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """A complaint or report, with the answers to what is asked in it; None for what is none.

    Words that complain are a complaint where nothing is asked, or where understanding hears one too.
    """
    meant, grievance = incoming.understanding, grievance_of(incoming.text)
    heard = meant is not None and meant.intent.name == "report_problem"
    sure = meant is not None and heard and meant.intent.confidence >= answerer.sure
    told = [clause for clause in clauses(incoming.text) if grievance_of(clause) and not asks(clause)]
    if not (sure or ((heard or grievance) and not asks(incoming.text)) or (told and (heard or _may_complain(meant)))):
        return None
    turn = complain(_topic(meant, answerer), state, incoming)
    if meant is None or not any(asks(clause) for clause in clauses(incoming.text) if clause not in told):
        return turn
    return _as_one([turn, *_asked_beside(turn.state, incoming, meant, answerer)])


def _asked_beside(state: State, incoming: Incoming, meant: Understanding, answerer: Answerer) -> list[Turn]:
    """What a complaint asks besides, where that is certain."""
    certain = [asked for asked in answerer.asked_in(meant.pieces) if asked.about.confidence >= answerer.certain]
    turn = answers(certain[:1], state, incoming, answerer) if certain else None
    return [turn] if turn is not None and turn.kind is Kind.ANSWER else []


def _may_complain(meant: Understanding | None) -> bool:
    """Whether understanding takes a complaint for likely, if not for the likeliest."""
    if meant is None:
        return True
    likely = {scored.name: scored.confidence for scored in meant.intents}
    return likely.get("report_problem", 0.0) >= _LIKELY_COMPLAINT


_LIKELY_COMPLAINT = 0.3


def _topic(meant: Understanding | None, answerer: Answerer) -> str | None:
    if meant is None or meant.topic.name == NO_TOPIC or meant.topic.confidence < answerer.likely:
        return None
    return meant.topic.name


def _guarded(incoming: Incoming, state: State) -> Turn | None:
    language = written_in(incoming.text)
    if language is not None and (said := guard(incoming.text)) is None:
        known = any(ticket.code == state.caller for ticket in incoming.tickets)
        return Turn(Kind.OUT_OF_SCOPE, say("only_vietnamese"), state) if known else call_back(state, incoming, language)
    said = guard(incoming.text)
    return Turn(Kind.OUT_OF_SCOPE, said, state) if said else None


def _too_little(state: State, incoming: Incoming) -> Turn | None:
    """One letter answers what was asked; out of the blue it asks nothing, however it is understood."""
    if not is_one_letter(incoming.text) or state.choices or state.topic:
        return None
    return unclear(state.facet, None, state)


def _bounded(turn: Turn, state: State, incoming: Incoming) -> Turn:
    """Asking back ends: after `MOST_ASKED_BACK` times in a row a person takes over, and takes the rest as well."""
    if turn.kind is not Kind.ASK_BACK or not _is_readable(incoming.text):
        return replace(turn, state=replace(turn.state, asked_back=0))
    if state.asked_back < MOST_ASKED_BACK:
        return replace(turn, state=replace(turn.state, asked_back=state.asked_back + 1))
    known = next((ticket for ticket in incoming.tickets if ticket.code == state.passed_on), None)
    if known is not None and known.status == "open":
        return Turn(Kind.HANDOVER, where_it_is(known), turn.state, concerning=known.code)
    given = hand_over("passed_on", None, turn.state, incoming)
    return replace(given, state=replace(given.state, asked_back=MOST_ASKED_BACK, passed_on=incoming.ticket_code))


def _remembering(turn: Turn, state: State, incoming: Incoming) -> Turn:
    """What outlives the topic: what was told once, and where the person is."""
    here = incoming.place
    place = replace(here, former=None) if here is not None and here.commune else state.place
    return replace(turn, state=replace(turn.state, told=turn.state.told or state.told, place=place))


def _with_notes(turn: Turn, incoming: Incoming) -> Turn:
    """What has to be said about the text itself, around what is said to it."""
    text = incoming.text
    before = [say("cut")] if was_cut(text) else []
    if incoming.late_from is not None and turn.kind in _TELLS_OF_A_DAY:
        before.append(say("late", time=say_time(incoming.late_from)))
    after = [say("identity_number")] if holds_identity_number(text) else []
    if holds_link(text) and turn.kind is not Kind.OUT_OF_SCOPE:
        after.append(say("link"))
    return replace(turn, reply="\n".join([*before, turn.reply, *after])) if before or after else turn


_TELLS_OF_A_DAY = frozenset({Kind.ANSWER, Kind.HANDOVER, Kind.FEEDBACK, Kind.STATUS})


def _in_their_form(turn: Turn, text: str, wrote_bare: bool, form: ReplyForm) -> Turn:
    """The turn without diacritics for who writes without: many cheap phones show nothing else. A setting may say
    otherwise."""
    bare = text == unaccent(text) if any(c.isalpha() for c in text) else wrote_bare
    said_bare = bare if form is ReplyForm.AS_WRITTEN else form is ReplyForm.BARE
    reply = unaccent(turn.reply) if said_bare else turn.reply
    return replace(turn, reply=reply, state=replace(turn.state, bare=bare))


def _is_readable(text: str) -> bool:
    return any(c.isalnum() for c in text) or text == "?"
