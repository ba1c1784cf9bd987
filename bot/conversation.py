"""One turn of a conversation, as a pure function: (state, text, what is known) → (reply, events, new state).

No database, no network, no clock: everything comes in as values, and what shall happen goes out as events.
"""

import re
from dataclasses import replace

from bot.acts import acts, amount_in, ask_to_erase, in_danger, opted_in, own_tickets, pledge, see_data, where_it_is
from bot.answering import Answerer, ReplyForm
from bot.awaiting import TAKEN_BY_YES, awaited
from bot.carrying import asks, corrects
from bot.exchange import Incoming, Kind, Reason, State, Turn
from bot.grievance import grievance_of
from bot.guards import is_one_letter
from bot.interview.beginning import begun, for_another
from bot.interview.talking import forgetting, recalled, still_open, waiting_again
from bot.languages import spoken_by
from bot.merging import as_one
from bot.questions import YES_OR_NO, Heard, answers, chosen, heard, question, reacted, unclear
from bot.raising import call_back, complain, hand_over, raise_ticket
from bot.reading import Reading, read
from bot.sentences import clauses
from bot.understanding import Understanding
from bot.words import say
from foundation.clock import say_time
from foundation.places import find_place
from foundation.text import fold, holds_identity_number, holds_link, unaccent, was_cut

MOST_ASKED_BACK = 2
"""After asking back so often in a row a person takes over: who cannot say it in our words is not asked for ever."""


def to_understand(text: str) -> str | None:
    """What of a text has to go to the understanding process; None where stop words, pledges and codes say it all."""
    return read(text).rest or None


def respond(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn that follows. Always says something; never raises for any text."""
    incoming = replace(incoming, place=find_place(incoming.text, incoming.on) or state.place)
    turn = _remembering(_turn(state, incoming, answerer), state, incoming, answerer)
    return _in_their_form(_with_notes(turn, incoming), incoming.text, state.bare, answerer.form)


def apologise(incoming: Incoming, form: ReplyForm = ReplyForm.AS_WRITTEN) -> Turn:
    """The turn for a text at which we failed ourselves: a person takes over."""
    turn = hand_over("not_understood_now", None, State(), incoming)
    return _in_their_form(turn, incoming.text, False, form)


def _turn(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    heeded = replace(state, asked_back=0)
    if not incoming.reading.is_readable and incoming.attached:
        passed_on = replace(heeded, awaits=None)
        return raise_ticket("attached", Kind.HANDOVER, Reason.QUESTION, passed_on, incoming, topic=state.topic)
    if not incoming.reading.is_readable:
        return Turn(Kind.ASK_BACK, say("empty"), state)
    if incoming.reading.wants:
        return waiting_again(_acted(heeded, incoming, answerer), state)
    told = for_another(heeded, incoming, answerer) or awaited(heeded, incoming, answerer)
    if told is not None:
        return told
    asked = _bounded(_asked(replace(state, awaits=None), incoming, answerer), incoming)
    return still_open(begun(asked, state, incoming, answerer), state, incoming, answerer)


def _acted(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn of a text that wants something by itself, with what else it says."""
    done = acts(state, incoming, answerer)
    rest = _rest(done, incoming, answerer)
    return as_one([*done, rest] if rest else done)


def _rest(done: list[Turn], incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of what else a text says; None where that is only the manner in which the wish was told."""
    said = incoming.reading.rest
    if not said or incoming.understanding is None:
        return None
    state = done[-1].state
    if state.awaits in TAKEN_BY_YES:
        state = replace(state, awaits=None)  # a "yes" that follows is to what is answered last
    turn = _understood(state, replace(incoming, reading=Reading(said, rest=said)), answerer)
    asked = turn.kind is Kind.ANSWER or (turn.kind is Kind.ASK_BACK and turn.facts and asks(said))
    complained = turn.kind is Kind.FEEDBACK and not any(act.ticket or act.kind is Kind.STATUS for act in done)
    return turn if asked or complained else None


def _asked(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn of a text that has to be understood."""
    turn = (
        _guarded(incoming, state)
        or recalled(state, incoming, answerer)
        or _too_little(state, incoming)
        or chosen(state, incoming, answerer)
        or _understood(state, incoming, answerer)
    )
    lost = turn.kind in (Kind.OUT_OF_SCOPE, Kind.ASK_BACK)
    return in_danger(state.danger, state, incoming, answerer) if state.danger and lost else turn


def _bounded(turn: Turn, incoming: Incoming) -> Turn:
    """Asking back ends: after `MOST_ASKED_BACK` times in a row a person takes over, and takes the rest as well."""
    state = turn.state
    if turn.kind is not Kind.ASK_BACK:
        return replace(turn, state=replace(state, asked_back=0))
    if state.asked_back < MOST_ASKED_BACK:
        return replace(turn, state=replace(state, asked_back=state.asked_back + 1))
    known = incoming.open_ticket(state.passed_on)
    if known is not None:
        return Turn(Kind.HANDOVER, where_it_is(known), state, concerning=known.code)
    given = hand_over("passed_on", None, state, incoming)
    return replace(given, state=replace(given.state, passed_on=incoming.ticket_code))


def _understood(state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    text, meant = incoming.text, incoming.understanding
    if meant is None:
        return _not_understood(state, incoming)
    said, sure = heard(text, meant, answerer), meant.intent.confidence
    if _complains(text, meant, answerer):
        return _complained(state, incoming, said, answerer)
    if _goes_on(said, answerer):
        return question(state, incoming, said, answerer)
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
            return ask_to_erase(state)
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
    return reacted(state, incoming, said, answerer) or question(state, incoming, said, answerer)


def _not_understood(state: State, incoming: Incoming) -> Turn:
    """The turn while the understanding process is down: words that complain are told all the same."""
    if _accusing(incoming.text) or (grievance_of(incoming.text) and not asks(incoming.text)):
        return complain(None, state, incoming)
    return hand_over("not_understood_now", state.topic, state, incoming)


def _goes_on(said: Heard, answerer: Answerer) -> bool:
    """Whether a text asks on about what was talked about, whatever it seems to say alone."""
    intent = said.meant.intent
    if said.bare:
        return intent.confidence < answerer.sure or intent.name not in _TO_A_PERSON
    return corrects(said.text) and intent.name in YES_OR_NO


_TO_A_PERSON = frozenset({"ask_status", "ask_human", "thank"})
_ERASES = re.compile(r"(?<!\w)(?:xoa|huy|go|bo)(?!\w)")
_COMPLAINT = "report_problem"
_LIKELY_COMPLAINT = 0.3
"""From this confidence on understanding takes a text for a complaint, if not for the likeliest."""


def _complains(text: str, meant: Understanding, answerer: Answerer) -> bool:
    """Whether a text is a complaint or report: surely understood as one, or told as one by its words.

    Words that complain beside a question are one where understanding hears a complaint too.
    """
    likeliest, sure = meant.intent.name == _COMPLAINT, meant.intent.confidence >= answerer.sure
    if likeliest and (sure or not asks(text)):
        return True
    if grievance_of(text) and not asks(text):
        return True
    likely = any(scored.name == _COMPLAINT and scored.confidence >= _LIKELY_COMPLAINT for scored in meant.intents)
    return (likeliest or likely) and bool(_accusing(text))


def _accusing(text: str) -> list[str]:
    """The clauses of a text that complain and ask nothing."""
    return [clause for clause in clauses(text) if grievance_of(clause) and not asks(clause)]


def _complained(state: State, incoming: Incoming, said: Heard, answerer: Answerer) -> Turn:
    """The turn of a complaint, with the answer to what it certainly asks besides."""
    turn = complain(_topic(said.meant, answerer), state, incoming)
    certain = [asked for asked in said.inside if asked.about.confidence >= answerer.certain]
    if not certain or not any(asks(clause) for clause in clauses(incoming.text)):
        return turn
    besides = answers(certain[:1], turn.state, incoming, answerer)
    return as_one([turn, besides]) if besides.kind is Kind.ANSWER else turn


def _topic(meant: Understanding, answerer: Answerer) -> str | None:
    return meant.subject if meant.topic.confidence >= answerer.likely else None


def _guarded(incoming: Incoming, state: State) -> Turn | None:
    """The turn of a text that is no question by its looks, or is in a language that only a person can read."""
    reading = incoming.reading
    if reading.retort is not None:
        return Turn(Kind.OUT_OF_SCOPE, reading.retort, state)
    if reading.language is None:
        return None
    if incoming.open_ticket(state.caller):
        return Turn(Kind.OUT_OF_SCOPE, say("only_vietnamese"), state)
    return call_back(state, incoming, reading.language)


def _too_little(state: State, incoming: Incoming) -> Turn | None:
    """One letter answers what was asked; out of the blue it asks nothing, however it is understood."""
    if not is_one_letter(incoming.text) or state.choices or state.topic:
        return None
    return unclear(state.facet, None, state)


def _remembering(turn: Turn, state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """What outlives the topic: what was told once, and where the person is; of an interview that is over, nothing that
    is sensitive."""
    here = incoming.place
    place = replace(here, former=None) if here is not None and here.commune else state.place
    after = replace(turn.state, told=turn.state.told or state.told, place=place)
    return replace(turn, state=forgetting(after, answerer))


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


_WORD = re.compile(r"[^\W\d_]{2}")
"""Two letters in a row: "1C 2K" and "300k" do not tell whether somebody writes diacritics."""


def _in_their_form(turn: Turn, text: str, wrote_bare: bool, form: ReplyForm) -> Turn:
    """The turn without diacritics for who writes without: many cheap phones show nothing else. A setting may say
    otherwise."""
    bare = text == unaccent(text) if _WORD.search(text) else wrote_bare
    said_bare = bare if form is ReplyForm.AS_WRITTEN else form is ReplyForm.BARE
    reply = unaccent(turn.reply) if said_bare else turn.reply
    return replace(turn, reply=reply, state=replace(turn.state, bare=bare))
