"""The turns of questions about the law: answered, asked back, chosen by number, or handed over."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.answering import FEW_WORDS, Answerer, Asked, Nothing, OutOfScope, Several, Subject, Together, TooShort
from bot.carrying import (
    asked_again,
    asks,
    bare_facet,
    corrects,
    facet_of,
    is_for_others,
    kin,
    looks_back,
    spoken_of,
)
from bot.danger import Danger, facts_of
from bot.exchange import Incoming, Kind, State, Turn
from bot.merging import as_one
from bot.raising import hand_over
from bot.understanding import NO_TOPIC, Understanding
from bot.whereabouts import told_for
from bot.words import say
from foundation.clock import today
from foundation.text import fold
from policies import Facet

GIVING = "fund_poor"
"""The subject that questions after a pledge are about."""

_NUMBER = re.compile(r"\(?(?:(?:so|chon|muc|cau|viec|cai)(?: thu| so)? )?(\d{1,2})[ .)]*(?:a|ad|nhe|nha)?")
_SURE_OF_FACET = 0.8
"""Below this confidence in what is asked, its plainest words tell it."""
_GUESSED_FACET = 0.6
"""Below this one, without such words, all that matters is told."""
YES_OR_NO = frozenset({"affirm", "deny", "dont_know"})
_GIVING_TALK = 0.9
"""After a pledge, what is not so surely out of scope is about giving."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A text as it was understood: `bare` is what it asks where it names nothing, `inside` the questions in it."""

    text: str
    meant: Understanding
    bare: Facet | None
    inside: tuple[Asked, ...]


def heard(text: str, meant: Understanding, answerer: Answerer) -> Heard:
    return Heard(text, meant, bare_facet(text), answerer.asked_in(meant.pieces))


def chosen(state: State, incoming: Incoming, answerer: Answerer) -> Turn | None:
    """The turn of a number where we offered some; None for anything else."""
    number = _NUMBER.fullmatch(fold(incoming.text))
    if number is None or not state.choices:
        return None
    if not 1 <= int(number[1]) <= len(state.choices):
        return which(state.choices, state.facet, None, state, answerer)
    return _taken(state.choices[int(number[1]) - 1], 1.0, state, incoming, answerer)


def reacted(state: State, incoming: Incoming, said: Heard, answerer: Answerer) -> Turn | None:
    """The turn after a "yes", "no" or "no idea" that names nothing; None for anything else."""
    yes_no, sure = said.meant.intent.name, said.meant.intent.confidence
    if yes_no not in YES_OR_NO or said.meant.topic.name != NO_TOPIC or said.bare:
        return None
    asked_back = state.topic is None  # otherwise the choices stand beside an answer, and "yes" is to the answer
    if yes_no == "affirm" and len(state.choices) == 1 and asked_back:
        return _taken(state.choices[0], sure, state, incoming, answerer)
    if state.choices and (yes_no == "dont_know" or asked_back != (yes_no == "deny")):
        return which(state.choices, state.facet, sure, state, answerer)
    if yes_no == "dont_know" or (state.choices and asked_back):
        return unclear(state.facet, sure, state)
    return Turn(Kind.GREETING, say("go_on"), state, confidence=sure)


def question(state: State, incoming: Incoming, said: Heard, answerer: Answerer) -> Turn:
    """The turn of everything that may be a question."""
    return _carried(state, incoming, said, answerer) or _by_itself(state, incoming, said, answerer)


def _by_itself(state: State, incoming: Incoming, said: Heard, answerer: Answerer) -> Turn:
    """The turn of a text by what it says itself; one that names no topic follows up on the topic before."""
    meant, facet = said.meant, _facet(said, answerer)
    asked = facet or (state.facet if state.topic is None or corrects(said.text) else None)
    match answerer.find(meant, said.inside, state.topic):
        case Subject(subject, confidence, beside):
            turn = answer(subject, asked or Facet.WHAT, confidence, state, incoming, answerer)
            return _naming_others(turn, beside, answerer)
        case Together(questions):
            return answers(questions, state, incoming, answerer)
        case Several(subjects, confidence):
            return which(subjects, asked, confidence, state, answerer)
        case TooShort() if state.choices and meant.intent.name == "give_answer":
            turn = answer(state.choices[0], Facet.WHO, meant.intent.confidence, state, incoming, answerer)
            return _naming_others(turn, state.choices[1:], answerer)
        case TooShort() if state.choices:
            return which(state.choices, asked, meant.intent.confidence, state, answerer)
        case TooShort():
            return unclear(asked, meant.intent.confidence, state)
        case OutOfScope(confidence) if said.bare:
            return unclear(said.bare, confidence, state)
        case OutOfScope(confidence):
            return Turn(Kind.OUT_OF_SCOPE, say("out_of_scope"), state, confidence=confidence)
        case Nothing(topic):
            return hand_over("handover", topic, replace(state, topic=topic, facet=None), incoming)


@dataclass(frozen=True, slots=True)
class _Before:
    """The subject that a text is about because of what was said before; `asked` is the question it makes of that."""

    subject: str
    confidence: float
    asked: str | None = None


def _carried(state: State, incoming: Incoming, said: Heard, answerer: Answerer) -> Turn | None:
    """The answer to what can only be understood from what was said before; None for what stands by itself."""
    text, meant = said.text, said.meant
    before = _before(state, said, answerer)
    if before is None:
        return None
    facet = said.bare or _facet(said, answerer) or facet_of(text)
    if not asks(text):
        facet = (state.facet if corrects(text) else None) or Facet.WHO
    turn = answer(before.subject, facet or Facet.WHAT, before.confidence, state, incoming, answerer, before.asked)
    other = meant.subject
    if other is None or other == before.subject or before.asked or meant.topic.confidence < answerer.sure:
        return turn
    return _naming_others(turn, (other,) if other in answerer.book.subjects() else (), answerer)


def _before(state: State, said: Heard, answerer: Answerer) -> _Before | None:
    text, meant = said.text, said.meant
    topic, sure = meant.topic.name, meant.topic.confidence
    before = state.topic or (state.choices[0] if len(state.choices) == 1 else None)
    if before is None:
        return None
    certain = topic not in (NO_TOPIC, before) and sure >= answerer.certain
    again = meant.again if meant.again and meant.again.topic.confidence >= answerer.sure else None
    open_to = kin(topic, before) or (not certain and (topic == NO_TOPIC or _may_mean(meant, again)))
    if again and again.subject and open_to and is_for_others(text, state):
        return _Before(again.subject, again.topic.confidence, asked_again(text, state) or "")
    short, tells = meant.words <= FEW_WORDS, meant.words > FEW_WORDS and not asks(text)
    if certain and not (short or tells):
        return None
    if said.bare:
        return _Before(before, max(meant.intent.confidence, answerer.sure), "")
    if looks_back(text) and (spoken := _looked_back_at(state, meant)):
        return _Before(spoken, max(sure, answerer.sure), "")
    if again and again.subject and not said.inside and _stays(before, again.subject, meant, short or tells, answerer):
        return _Before(again.subject, again.topic.confidence)
    if topic == NO_TOPIC and before == GIVING and asks(text) and meant.intent.confidence < _GIVING_TALK:
        return _Before(before, answerer.sure)
    return None


def _may_mean(meant: Understanding, again: Understanding | None) -> bool:
    """Whether the subject of the question asked again is among what the text may mean alone."""
    return again is not None and again.subject in {scored.name for scored in meant.topics}


def _stays(before: str, again: str, meant: Understanding, adds: bool, answerer: Answerer) -> bool:
    """Whether a text that alone says something else, or nothing, is about what it says on top of what was asked."""
    if meant.topic.name == NO_TOPIC:
        return again == before and meant.intent.confidence < answerer.sure
    return (again == before and adds) or (kin(meant.topic.name, before) and kin(again, before))


def _looked_back_at(state: State, meant: Understanding) -> str | None:
    """Which of the topics talked about is meant: the likeliest of them, or else one that is kin to the likeliest."""
    spoken = [each.topic for each in state.spoken]
    named = [scored.name for scored in meant.topics if scored.name != NO_TOPIC]
    found = next((name for name in named if name in spoken), None)
    return found or next((topic for topic in spoken for name in named[:1] if kin(topic, name)), None)


def _facet(said: Heard, answerer: Answerer) -> Facet | None:
    """What is asked: as the model says where it is sure, else by the plainest words, else all that matters."""
    facet, sure = answerer.facet(said.meant), said.meant.intent.confidence
    if facet is None or sure >= _SURE_OF_FACET:
        return facet
    return facet_of(said.text) or (facet if sure >= _GUESSED_FACET else Facet.WHAT)


def answer(
    subject: str,
    facet: Facet,
    confidence: float,
    state: State,
    incoming: Incoming,
    answerer: Answerer,
    asked: str | None = None,
) -> Turn:
    """The answer with its source, or a ticket where nobody may say one.

    `asked` is the question that names the subject, where the text itself does not; empty where another one did before.
    """
    found = answerer.answer(subject, facet, incoming.on, today(incoming.now))
    spoken = spoken_of(state, subject, incoming.text if asked is None else asked or None)
    after = replace(state, topic=subject, facet=facet, choices=(), spoken=spoken)
    if found is None:
        return hand_over("handover", subject, replace(after, facet=None), incoming)
    source = f"\n{say('source', source=found.source)}" if found.source else ""
    where = incoming.place if facet is Facet.WHERE else None
    reply = (told_for(found.text, source, where) if where else found.text) + source
    if not after.told and not answerer.is_signed(subject, today(incoming.now)):
        reply, after = f"{say('demonstration')} {reply}", replace(after, told=True)
    return Turn(
        Kind.ANSWER,
        reply,
        replace(after, facet=found.facet, danger=_still_in(after.danger, subject)),
        facts=found.facts,
        citations=found.citations,
        confidence=confidence,
        version=found.version,
    )


def answers(questions: Sequence[Asked], state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The answers to several questions of one text, the talk going on about the last; what has none is handed over,
    once."""
    answered: list[Turn] = []
    handed_over: list[Turn] = []
    for asked in questions:
        turn = answer(asked.about.subject, asked.facet, asked.about.confidence, state, incoming, answerer)
        (answered if turn.kind is Kind.ANSWER else handed_over).append(turn)
        state = turn.state
    together = as_one([*answered, *handed_over[:1]])
    return replace(together, state=answered[-1].state) if answered else together


def _taken(subject: str, confidence: float, state: State, incoming: Incoming, answerer: Answerer) -> Turn:
    """The answer about what was offered: the title that was offered is the question that names it."""
    title = answerer.title(subject)
    return answer(subject, state.facet or Facet.WHAT, confidence, state, incoming, answerer, title)


def which(
    subjects: tuple[str, ...], facet: Facet | None, confidence: float | None, state: State, answerer: Answerer
) -> Turn:
    """Ask which of these is meant. The topic before is let go: it is not what this person asks about now."""
    if len(subjects) == 1:
        reply = say("which_of_one", title=answerer.title(subjects[0]))
    else:
        reply = say("which", choices=_numbered(subjects, answerer))
    after = replace(state, topic=None, facet=facet, choices=subjects)
    return Turn(Kind.ASK_BACK, reply, after, facts=subjects, confidence=confidence)


def unclear(facet: Facet | None, confidence: float | None, state: State) -> Turn:
    """Ask what it is about; what was asked of it is kept."""
    return Turn(Kind.ASK_BACK, say("unclear"), replace(state, facet=facet, choices=()), confidence=confidence)


def _naming_others(turn: Turn, subjects: tuple[str, ...], answerer: Answerer) -> Turn:
    """An answer, and what it may be answered for by mistake: one number away instead of a text sent in vain."""
    if not subjects or turn.kind is not Kind.ANSWER:
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


def _still_in(danger: Danger | None, subject: str) -> Danger | None:
    """A danger is talked about until the talk is about something else."""
    return danger if danger is not None and subject in facts_of(danger) else None
