"""An interview lives three days where the rest of a talk lives one, and shows nothing told to who comes later."""

from datetime import timedelta

from bot.exchange import Awaited, State
from bot.interview.state import Interview
from bot.memory import forget_expired, recall, remember
from foundation.database import Database
from tests.bot.meaning import NOW
from tests.bot.village import ME

OPEN = Interview(("social_pension",), about="mẹ em", facts={"age": 76, "school_distance_km": 4.5}, asked=("sex",))
TALK = State(topic="social_pension", awaits=Awaited.INTERVIEW, interview=OPEN, bare=True)


def recalled(database: Database, state: State, hours: int) -> State:
    with database.write() as session:
        remember(session, "sms", ME, state, NOW)
    with database.read() as session:
        return recall(session, "sms", ME, NOW + timedelta(hours=hours))


def test_within_a_day_everything_is_as_it_was(database: Database) -> None:
    assert recalled(database, TALK, 23) == TALK


def test_after_a_day_only_the_interview_is_left_and_nothing_told_is_shown(database: Database) -> None:
    later = recalled(database, TALK, 25)

    assert later == State(interview=OPEN.hiding())
    assert later.interview is not None
    assert later.interview.hidden == ("age", "school_distance_km")


def test_after_three_days_all_is_forgotten(database: Database) -> None:
    assert recalled(database, TALK, 71).interview is not None
    assert recalled(database, TALK, 72) == State()
    with database.write() as session:
        assert forget_expired(session, NOW + timedelta(hours=71)) == 0
        assert forget_expired(session, NOW + timedelta(hours=72)) == 1


def test_an_interview_that_is_over_is_forgotten_with_the_talk(database: Database) -> None:
    over = State(interview=Interview(("social_pension",), facts={"age": 76}))

    assert recalled(database, over, 23) == over
    assert recalled(database, over, 25) == State()
