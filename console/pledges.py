"""What people promised to give by text."""

from flask import render_template

from campaigns.donations import list_pledges, pledge_totals
from console.access import needs
from console.blueprint import here, pages
from people import Right


@pages.get("/pledges")
@needs(Right.WRITE)
def pledges() -> str:
    with here().database.read() as session:
        listed, totals = list_pledges(session), pledge_totals(session)
    return render_template("console/pledges.html", pledges=listed, totals=totals)
