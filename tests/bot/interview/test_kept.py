"""From the text that keeps what was told to the slip in the database: one turn, one transaction."""

from sqlalchemy import select

from bot.answering import Answerer
from bot.exchange import Awaited, State
from bot.inbound import Origin
from bot.interview.models import Slip
from bot.interview.state import Interview
from bot.memory import remember
from bot.reading import read
from bot.turns import talk
from foundation.database import Database
from tests.bot.meaning import NOW, TODAY
from tests.bot.village import ME

OVER = State(awaits=Awaited.SLIP, interview=Interview(("social_pension",), facts={"age": 76}))


def test_who_keeps_what_they_told_leaves_a_slip(database: Database, answerer: Answerer) -> None:
    with database.write() as session:
        remember(session, "sms", ME, OVER, NOW)
        turn = talk(session, Origin("sms", ME, "GIU"), read("GIU"), None, answerer, NOW, TODAY)
    with database.read() as session:
        (slip,) = session.scalars(select(Slip)).all()
    assert slip.code in turn.reply
    assert '"age":76' in slip.content
