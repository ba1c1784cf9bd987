"""Groups worked out from the register: all of them, one of them, and what a commune sees of one and says to it."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from campaigns.audiences.models import Audience, AudienceCommune
from campaigns.audiences.objections import RULE, communes_of, object_to, see_list
from console.access import me, needs
from console.blueprint import here, pages
from console.forms.audience import ObjectForm
from foundation.clock import today
from foundation.refusal import Refusal
from people import Group, Post, Right, group_size

PAGE = 100


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved audience in a line: its group's name, how many households of how many communes, how many of these
    objected."""

    audience: Audience
    name: str
    households: int
    communes: int
    objected: int


@pages.get("/audiences")
@needs(Right.ANSWER)
def audiences() -> str:
    """Those that concern one's own commune; and all, for whoever writes to them."""
    with here().database.read() as session:
        commune = _own_commune(session)
        concerning = _concerning(session, commune) if commune else []
        saved = _saved(session) if current_user.may(Right.WRITE) else []
    return render_template(
        "console/audiences/list.html",
        commune=commune,
        concerning=concerning,
        saved=saved,
        today=today(here().now()),
    )


@pages.get("/audiences/<int:group_id>")
@needs(Right.WRITE)
def audience(group_id: int) -> str:
    """Which communes were asked, until when, and what they said."""
    context = here()
    with context.database.read() as session:
        found = session.get(Audience, group_id) or abort(404)
        return render_template(
            "console/audiences/detail.html",
            audience=found,
            name=session.get_one(Group, group_id).name,
            policy=_title(found.policy),
            reached=group_size(session, group_id, context.channel),
            communes=communes_of(session, found),
            rule=RULE,
            today=today(context.now()),
        )


@pages.get("/audiences/<int:group_id>/communes/<commune>")
@needs(Right.ANSWER)
def audience_commune(group_id: int, commune: str) -> str:
    """The households of a commune that would be told; looking is on record."""
    return _commune_page(group_id, commune, ObjectForm(formdata=None))


@pages.post("/audiences/<int:group_id>/communes/<commune>")
@needs(Right.ANSWER)
def object_for_commune(group_id: int, commune: str) -> ResponseReturnValue:
    """Object; a refusal is told at the form, with what was typed."""
    form = ObjectForm()
    if form.validate():
        try:
            with here().database.write() as session:
                if not _may_object(session, commune):
                    abort(403)
                found = session.get(Audience, group_id) or abort(404)
                object_to(session, found, commune, me(), form.because.data, here().now())
        except Refusal as error:
            form.because.errors = [str(error)]
        else:
            flash("Đã ghi ý kiến phản đối. Không ai được nhắn theo danh sách này.")
            return redirect(url_for("console.audience_commune", group_id=group_id, commune=commune))
    return _commune_page(group_id, commune, form), 422


def _commune_page(group_id: int, commune: str, form: ObjectForm) -> str:
    """404 for whoever may not see this list, as if it were not there."""
    context = here()
    with context.database.write() as session:
        found = session.get(Audience, group_id) or abort(404)
        concerned = next((each for each in communes_of(session, found) if each.commune == commune), None)
        if concerned is None or not (_own_commune(session) == commune or current_user.may(Right.WRITE)):
            abort(404)
        households = see_list(session, found, commune, me(), context.now())
        return render_template(
            "console/audiences/commune.html",
            audience=found,
            name=session.get_one(Group, group_id).name,
            policy=_title(found.policy),
            concerned=concerned,
            households=households,
            may_object=_may_object(session, commune),
            form=form,
            rule=RULE,
            today=today(context.now()),
        )


def _title(policy: str | None) -> str | None:
    """What a benefit is called."""
    return here().rules().benefit(policy).title if policy else None


def _own_commune(session: Session) -> str | None:
    """The commune that the official who is logged in speaks for."""
    post = session.get(Post, me().id)
    return post.commune if post else None


def _may_object(session: Session, commune: str) -> bool:
    return _own_commune(session) == commune or current_user.may(Right.MANAGE)


def _saved(session: Session) -> list[Saved]:
    """The newest first."""
    query = (
        select(
            Audience,
            Group.name,
            func.sum(AudienceCommune.households),
            func.count(AudienceCommune.commune),
            func.count(AudienceCommune.objected_at),
        )
        .join(Group, Group.id == Audience.group_id)
        .join(AudienceCommune, AudienceCommune.group_id == Audience.group_id)
        .group_by(Audience.group_id, Group.name)
        .order_by(Audience.group_id.desc())
        .limit(PAGE)
    )
    return [Saved(*row) for row in session.execute(query)]


def _concerning(session: Session, commune: str) -> list[tuple[Audience, str, AudienceCommune]]:
    """The audiences with households of a commune, the newest first, with their names and what the commune said."""
    query = (
        select(Audience, Group.name, AudienceCommune)
        .join(Group, Group.id == Audience.group_id)
        .join(AudienceCommune, AudienceCommune.group_id == Audience.group_id)
        .where(AudienceCommune.commune == commune)
        .options(defer(AudienceCommune.listed))
        .order_by(Audience.group_id.desc())
        .limit(PAGE)
    )
    return [(found, name, concerned) for found, name, concerned in session.execute(query)]
