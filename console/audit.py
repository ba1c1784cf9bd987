"""What officials did, for administrators."""

from flask import render_template, request

from console.access import needs
from console.blueprint import here, pages
from people import Right, entries

PAGE = 100


@pages.get("/audit")
@needs(Right.MANAGE)
def audit() -> str:
    with here().database.read() as session:
        listed = entries(session, PAGE, request.args.get("before", type=int))
    return render_template("console/audit.html", entries=listed, full=len(listed) == PAGE)
