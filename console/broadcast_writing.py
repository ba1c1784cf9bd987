"""Writing a broadcast: the form with its live preview, and the list of people that comes with it."""

from dataclasses import dataclass

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from campaigns.broadcasts import EDITABLE, create, edit
from campaigns.lists import list_programmes
from console.access import me, needs
from console.blueprint import here, pages
from console.broadcasts import find
from console.filters import count, sentence
from console.forms.broadcast import EditForm, WriteForm
from console.forms.fields import choices, tidy
from console.previews import Preview, preview
from console.uploads import UploadError, import_upload
from foundation.clock import next_morning
from foundation.message_class import MessageClass
from foundation.refusal import Refusal
from foundation.text import unaccent
from people import Group, ImportReport, Right, list_groups

MOST_REJECTIONS = 100
"""Rows of a file shown as refused; how many there are in all is always said."""


@dataclass(slots=True)
class Told:
    """What the page says about the file and the form beside the fields' own messages."""

    error: str | None = None
    imported: str | None = None
    report: ImportReport | None = None

    @property
    def needs_a_look(self) -> bool:
        """Rows that were refused are seen before anything is saved; the group is chosen by then."""
        return bool(self.error or (self.report and self.report.rejected))


@pages.route("/broadcasts/new", methods=["GET", "POST"])
@needs(Right.WRITE)
def new_broadcast() -> ResponseReturnValue:
    """One form, four buttons: `do` is save, preview, bare (take the text without diacritics) or read (the file)."""
    form = WriteForm()
    if request.method == "GET":
        form.scheduled_at.data = next_morning(here().now())
        form.group.data = request.args.get("group", type=int)
    told = _read_file(form)
    _offer_choices(form)
    wanted = request.form.get("do", "save")
    if wanted == "bare":
        form.text.data = unaccent(form.text.data or "")
    if request.method == "POST" and wanted == "save" and not told.needs_a_look and form.validate():
        try:
            broadcast_id = _create(form)
        except Refusal as error:
            told.error = sentence(str(error))
        else:
            flash("Đã lưu bản nháp.")
            return redirect(url_for("console.broadcast", broadcast_id=broadcast_id))
    return _page(form, told, form.group.data or 0, form.message_class.data), 422 if form.errors or told.error else 200


@pages.route("/broadcasts/<int:broadcast_id>/edit", methods=["GET", "POST"])
@needs(Right.WRITE)
def edit_broadcast(broadcast_id: int) -> ResponseReturnValue:
    """The text and its times; to other people or in another class goes another broadcast."""
    with here().database.read() as session:
        broadcast = find(session, broadcast_id)
        group = session.get_one(Group, broadcast.group_id)
    if broadcast.status not in EDITABLE:
        abort(404)
    form = EditForm(obj=broadcast)
    told = Told()
    wanted = request.form.get("do", "save")
    if wanted == "bare":
        form.text.data = unaccent(form.text.data or "")
    if request.method == "POST" and wanted == "save" and form.validate():
        try:
            _edit(form, broadcast_id)
        except Refusal as error:
            told.error = sentence(str(error))
        else:
            flash("Đã lưu. Tin trở lại bản nháp: trình duyệt lại khi xong.")
            return redirect(url_for("console.broadcast", broadcast_id=broadcast_id))
    page = _page(form, told, group.id, broadcast.message_class, broadcast=broadcast, group=group)
    return page, 422 if form.errors or told.error else 200


@pages.post("/broadcasts/preview")
@needs(Right.WRITE)
def preview_broadcast() -> str:
    """The preview alone, asked for while one types."""
    message_class = request.form.get("message_class", MessageClass.PUBLIC_INFORMATION, type=MessageClass)
    shown = _preview(tidy(request.form.get("text")), request.form.get("group", 0, type=int), message_class)
    return render_template("console/broadcasts/_preview.html", preview=shown)


def _page(form: EditForm, told: Told, group_id: int, message_class: str, **more: object) -> str:
    known = message_class in set(MessageClass)
    class_ = MessageClass(message_class) if known else MessageClass.PUBLIC_INFORMATION
    shown = _preview(form.text.data or "", group_id, class_)
    return render_template(
        "console/broadcasts/form.html", form=form, told=told, preview=shown, most=MOST_REJECTIONS, **more
    )


def _preview(text: str, group_id: int, message_class: MessageClass) -> Preview:
    with here().database.read() as session:
        return preview(session, text, group_id, message_class, here().route_of(message_class))


def _read_file(form: WriteForm) -> Told:
    """Import the file, if one came, and choose its group. What was refused is told."""
    if not form.contacts.data:
        return Told()
    context = here()
    try:
        group_id, name, report = import_upload(context.database, form.contacts.data, me(), context.now())
    except Refusal as error:
        return Told(error=sentence(str(error)), report=error.report if isinstance(error, UploadError) else None)
    form.group.data = group_id
    people = count(report.imported + report.updated)
    return Told(imported=f"Đã nhập {people} người vào nhóm «{name}».", report=report)


def _offer_choices(form: WriteForm) -> None:
    with here().database.read() as session:
        groups = list_groups(session, here().channel)
        programmes = list_programmes(session)
    form.group.choices = choices([(0, "Chọn nhóm…"), *((g.id, f"{g.name} ({count(g.size)} người)") for g in groups)])
    named = ((p.id, f"{p.number}: {p.title}" if p.number else p.title) for p in programmes)
    form.programme.choices = choices([(0, "Chưa có"), *named])


def _create(form: WriteForm) -> int:
    context = here()
    with context.database.write() as session:
        broadcast = create(
            session,
            me(),
            form.text.data,
            session.get_one(Group, form.group.data),
            MessageClass(form.message_class.data),
            form.scheduled_at.data,
            context.route_of(form.message_class.data),
            context.now(),
            form.expires_at.data,
            form.programme.data or None,
            form.spread.data,
        )
        return broadcast.id


def _edit(form: EditForm, broadcast_id: int) -> None:
    context = here()
    with context.database.write() as session:
        broadcast = find(session, broadcast_id)
        edit(
            session,
            broadcast,
            me(),
            form.text.data,
            form.scheduled_at.data,
            form.expires_at.data,
            context.route_of(broadcast.message_class),
            context.now(),
            form.spread.data,
        )
