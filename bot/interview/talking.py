"""The turns of an interview: asking, being told, being left and taken up again, and what it came to."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.answering import Answerer
from bot.carrying import asks, corrects, spoken_of
from bot.exchange import Awaited, Incoming, Kind, SlipKept, State, Turn
from bot.interview import asking
from bot.interview.families import spoken_as
from bot.interview.planning import Plan, sensitive
from bot.interview.state import Interview
from bot.interview.telling import Teller
from bot.interview.values import NO
from bot.words import say
from foundation.clock import today
from foundation.text import fold
from policies.eligibility import Decision

MOST_FACTS = 3
_LOST = frozenset({Kind.ASK_BACK, Kind.OUT_OF_SCOPE, Kind.GREETING})
SLIP = "GK"
"""A slip's code is this and seven digits, the last a check digit, as in a ticket's."""
RULES = "rules"
"""The version of what is told of benefits that the book of answers has no words for."""

_STOP = re.compile(
    rf"(?:da |a |u |ma )*(?:thoi(?=$| (?:{NO}|dung|khoi|nghi|nhe|nha|em|toi|a|met|bo|de|cam on|di))"
    rf"|ngung|dung lai|(?:dung|khoi|{NO}) (?:muon )?(?:hoi|tra loi)|ket thuc|de khi khac|de mai|khi khac)(?!\w).*"
)
_STOP_ACCENTED = re.compile(r"(?:dừng|đừng hỏi)(?!\w)", re.IGNORECASE)
_GO_ON = re.compile(r"(?:hoi |lam |noi )?tiep(?: tuc)?(?: (?:di|nhe|nha|a|ad|em|hoi|nao))*")
_KEEP = re.compile(r"(?:nhan )?giu(?: (?:lai|nhe|nha|di|a|giup|gium))*")


def heard(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of a text that answers, corrects or ends the interview; None for any other text."""
    plan = _plan(state, incoming, answerer)
    if plan is None:
        return None
    if _STOP.fullmatch(_plain(incoming.text)) or _STOP_ACCENTED.match(incoming.text):
        return _stopped(state, plan, incoming, answerer)
    if slip := _slip(state, plan, incoming):
        return slip
    told = plan.read(incoming.text)
    return advanced(state, plan.told(told), incoming, answerer, wrong=told.wrong) if told else None


def kept(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn, after an interview, of the word that keeps what was told for the commune, and of a correction; None
    for any other text."""
    plan = _plan(state, incoming, answerer)
    if plan is None:
        return None
    corrected = heard(state, incoming, answerer) if corrects(incoming.text) else None
    return _slip(replace(state, awaits=None), plan, incoming) or corrected


def recalled(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of a text that goes back to an interview nobody waits for: "tiếp", "giữ", or, a day later, answers to
    what it asked last, which are not taken before they are asked for again: another person may hold the phone."""
    plan = _plan(state, incoming, answerer)
    if plan is None:
        return None
    if not plan.interview.is_open:
        return kept(state, incoming, answerer)
    answers = plan.interview.hidden and not state.choices and plan.read(incoming.text)
    if not answers and not _GO_ON.fullmatch(_plain(incoming.text)):
        return None
    return _asked(state, replace(plan.interview, count=0), plan, plan.interview.asked, say("interview_still"))


def waiting_again(turn: Turn, before: State) -> Turn:
    """The turn of a text that wanted something by itself, after which answers are still waited for."""
    if before.awaits is not Awaited.INTERVIEW or turn.state.interview is not before.interview or turn.state.awaits:
        return turn
    return replace(turn, state=replace(turn.state, awaits=Awaited.INTERVIEW))


def still_open(turn: Turn, before: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The turn of a text that came instead of an answer: after an answer to it the open questions are repeated, and
    where nobody can tell what it means they are asked once more."""
    if before.awaits is not Awaited.INTERVIEW or turn.state.interview is not before.interview:
        return turn
    if _is_polite(incoming, answerer):
        return replace(turn, state=replace(turn.state, awaits=Awaited.INTERVIEW))
    plan = _plan(before, incoming, answerer)
    if plan is None:
        return turn
    if _not_heard(turn, before, incoming):
        return advanced(before, plan, incoming, answerer, again=say("interview_unclear"))
    again = _asked(turn.state, plan.interview, plan, plan.interview.asked, say("interview_still"))
    return replace(turn, reply=f"{turn.reply}\n{again.reply}", state=again.state, questions=again.questions)


def _is_polite(incoming: Incoming, answerer: Answerer) -> bool:
    """Whether a text only thanks or greets: it is answered so, and the questions, just put, are not put again."""
    meant = incoming.understanding
    return meant is not None and meant.intent.name in ("thank", "greet") and meant.intent.confidence >= answerer.sure


def _not_heard(turn: Turn, before: State, incoming: Incoming) -> bool:
    """Whether a text was neither an answer to our questions nor a question of its own: circumstances that tell
    nothing of what is asked, or what nobody understands."""
    if incoming.reading.retort is not None:
        return False
    tells = not asks(incoming.text)
    if turn.kind is Kind.ANSWER:
        return tells and turn.state.topic == before.topic
    return turn.kind in _LOST and (tells or not turn.facts)


def advanced(
    state: State,
    plan: Plan,
    incoming: Incoming,
    answerer: Answerer,
    lead: str = "",
    again: str = "",
    wrong: Mapping[str, str] | None = None,
) -> Turn:
    """The next questions after their `lead`, or what it all came to. Before one that is put once more stands why its
    answer was `wrong`, or what is said `again`."""
    put = plan.interview.asked
    plan, missed = plan.moved_on()
    names = plan.next(missed)
    if not names:
        return _finished(state, plan, incoming, answerer)
    if missed and missed == put:
        names = names[:1]  # a lone "có" to two questions: one at a time then
    reasons = [say("interview_wrong", reason=reason) for name, reason in (wrong or {}).items() if name in names]
    once_more = "\n".join(reasons) or (again if names[0] in missed else "")
    return _asked(state, plan.interview, plan, names, once_more or lead)


def forgetting(state: State, answerer: Answerer) -> State:
    """The state without the sensitive answers of an interview that is over and not about to be kept."""
    interview = state.interview
    if interview is None or interview.is_open or state.awaits is Awaited.SLIP:
        return state
    return replace(state, interview=interview.without(sensitive(answerer.rules())))


def _slip(state: State, plan: Plan, incoming: Incoming) -> Turn | None:
    interview = plan.interview
    if not interview.facts or not _KEEP.fullmatch(_plain(incoming.text)):
        return None
    place = str(incoming.place) if incoming.place else None
    code = f"{SLIP}{incoming.ticket_code[2:]}"
    policies = () if interview.everything else interview.policies
    slip = SlipKept(code, interview.about, policies, interview.facts, place)
    return Turn(Kind.STATUS, say("interview_kept", code=code), state, (slip,))


def _plan(state: State, incoming: Incoming, answerer: Answerer) -> Plan | None:
    if state.interview is None:
        return None
    plan = Plan.of(state.interview, answerer.rules(), incoming.on)
    return plan if plan.interview.policies else None


def _plain(text: str) -> str:
    return fold(text).strip(" .,!")


def _asked(state: State, interview: Interview, plan: Plan, names: Iterable[str], lead: str) -> Turn:
    text, put = asking.questions(plan.inputs(names), lead)
    interview = replace(interview, asked=tuple(each.input for each in put), count=interview.count + len(put))
    about = dict.fromkeys((*([state.topic] if state.topic else []), *interview.policies))
    facts = () if interview.everything else tuple(about)[:MOST_FACTS]
    after = replace(state, interview=interview, awaits=Awaited.INTERVIEW, choices=())
    return Turn(Kind.ASK_BACK, text, after, facts=facts, questions=put)


def _finished(state: State, plan: Plan, incoming: Incoming, answerer: Answerer) -> Turn:
    """What it came to, and how it can be kept; the talk goes on about that."""
    day, subjects = today(incoming.now), answerer.book.subjects()
    told = Teller(plan, answerer, day).tell()
    lines, interview = [told.text], plan.interview
    if plan.tired:
        rest = replace(plan, interview=replace(interview, count=0)).next()
        interview = replace(interview, asked=rest[: asking.MOST_AT_ONCE])
        lines += [say("interview_more")] if rest else []
    lines += [say("interview_keep")] if interview.facts else []
    subject = spoken_as(told.policies[0], subjects)
    after = replace(state, interview=interview, awaits=Awaited.SLIP, choices=told.listed, facet=None)
    if subject in subjects and not told.listed:
        after = replace(after, topic=subject, spoken=spoken_of(state, subject, None))
    if not state.told and not (subject in subjects and answerer.is_signed(subject, day)):
        lines, after = [f"{say('demonstration')} {lines[0]}", *lines[1:]], replace(after, told=True)
    version = answerer.book.versions.get(subject, RULES)
    return Turn(Kind.ANSWER, "\n".join(lines), after, facts=told.policies, citations=told.citations, version=version)


def _stopped(state: State, plan: Plan, incoming: Incoming, answerer: Answerer) -> Turn:
    """The end that the person wants: what is settled so far is told; else it can be taken up again."""
    if any(result.decision is Decision.ELIGIBLE for result in plan.results()):
        return _finished(state, replace(plan, interview=replace(plan.interview, asked=())), incoming, answerer)
    after = replace(state, interview=plan.interview.without(sensitive(plan.rules)), awaits=None)
    return Turn(Kind.GREETING, say("interview_stopped"), after)
