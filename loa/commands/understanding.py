"""`loa nlu`: serve, train, evaluate, promote, roll back."""

import json
import os
import tempfile
from pathlib import Path

import click
from rich.console import Console

from foundation.clock import utc_now
from foundation.sockets import socket_path
from loa.commands.learning import label
from loa.commands.learning_comparing import change_table, changes, report_table
from loa.commands.learning_judging import judge
from loa.commands.learning_sources import labelled, sources, with_labels
from loa.commands.printing import as_json
from loa.commands.shared import COMMAND_LINE, by_official, installation, is_set_up, ready_installation
from loa.nlu_process import NluError, environment, run_module, server_command
from loa.wiring import UNDERSTANDING, Loa
from people import Right, official_named, record, require


@click.group()
def nlu() -> None:
    """The model that understands."""


nlu.add_command(label)


@nlu.command("serve")
def serve_nlu() -> None:
    """Run the understanding process."""
    loa = installation()
    command = server_command(loa, socket_path(loa.settings.home, UNDERSTANDING))
    os.execve(command[0], command, {**os.environ, **environment()})


@nlu.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder with train.yml.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the archive there only.")
@click.option("--if-absent", is_flag=True, help="Only when the current model is not of these sources.")
@click.option("--candidate", is_flag=True, help="Install the model; «loa nlu promote» makes it current.")
def train(data: Path | None, out: Path | None, if_absent: bool, candidate: bool) -> None:
    """Train on our own data with all that was labelled, or with --data on any Rasa 3.1 data.

    The model becomes current. With labels it only becomes a candidate, since what residents wrote decided it too;
    unless there is none to compare it with, or --if-absent asks for one that works.
    """
    loa = installation()
    present, made_of = current_model(loa), sources()
    if if_absent and present and _made_of(loa, present) == made_of:
        return
    texts = [] if data else labelled(loa)
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        if texts:
            click.echo(f"with {len(texts)} labelled texts", err=True)
            data = with_labels(loa, texts, Path(folder))
        arguments = ["--data", str(data.absolute())] if data else []
        if out is not None:
            run_module(loa, "train", [*arguments, "--out", str(out.absolute())])
            return
        archive = Path(folder) / "model.tar.gz"
        run_module(loa, "train", [*arguments, "--out", str(archive)])
        model = _models(loa, "install", str(archive))
    if data is None or texts:
        (loa.models / model / "made-of").write_text(made_of)
    if present and present != model and not if_absent and (candidate or texts):
        how = f"«loa nlu promote {model} --as USER»"
        click.echo(f"model {model} is a candidate: {how} judges it and makes it current", err=True)
        return
    if is_set_up(loa) and present != model:
        _put_to_use(loa, model, COMMAND_LINE, "model.promoted", present)
    else:
        _models(loa, "promote", model)
    click.echo(f"model {model} is current", err=True)


@nlu.command()
@click.option("--model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: the current one.")
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: our own test set.")
@click.option("--fold", is_flag=True, help="Strip diacritics from the test first.")
@click.option(
    "--cross-validate", is_flag=True, help="Judge the pipeline: train on parts of our sources, test the rest."
)
@as_json
def evaluate(model: Path | None, data: Path | None, fold: bool, cross_validate: bool, json_: bool) -> None:
    """Judge a model on a test set; on our own, also what the bot would answer by it."""
    if cross_validate and (model or data or fold):
        raise click.UsageError("--cross-validate takes neither --model nor --data nor --fold")
    loa = installation()
    as_asked = ["--json"] if json_ else []
    if cross_validate:
        click.echo(run_module(loa, "evaluate", ["--cross-validate", *as_asked], capture=True), nl=False)
        return
    if model is None:
        current = current_model(loa)
        if current is None:
            raise NluError("there is no current model: run «loa nlu train»")
        model = _archive(loa, current)
    if data is None:
        report = judge(loa, model, fold)
        if json_:
            click.echo(json.dumps(report, ensure_ascii=False))
        else:
            Console().print(report_table(report))
        return
    arguments = ["--model", str(model.absolute()), "--data", str(data.absolute())]
    arguments += ["--fold"] if fold else []
    click.echo(run_module(loa, "evaluate", [*arguments, *as_asked], capture=True), nl=False)


@nlu.command()
@click.argument("model")
@click.option("--anyway", is_flag=True, help="Without comparing; needs --because.")
@click.option("--because", metavar="REASON", help="Written into the audit log.")
@by_official
def promote(model: str, anyway: bool, because: str | None, official: str) -> None:
    """Make an installed MODEL (its id) the current one, if it understands no style of writing and no intent worse.

    Worse is: of the fixed test set, more than two texts in a hundred of the style or intent, and more than one text.
    """
    if anyway and not (because and because.strip()):
        raise click.UsageError("--anyway needs --because REASON")
    loa = ready_installation()
    _require_manager(loa, official)
    present = current_model(loa)
    if present and present != model and not anyway:
        _refuse_if_worse(loa, present, model)
    reason = {"because": because} if because else {}
    action = "model.forced" if anyway else "model.promoted"
    click.echo(_put_to_use(loa, model, official, action, present, **reason))


@nlu.command()
@by_official
def rollback(official: str) -> None:
    """Go back to the model before."""
    loa = ready_installation()
    _require_manager(loa, official)
    present = current_model(loa)
    with loa.database.write() as session:
        back = _models(loa, "rollback")
        record(session, utc_now(), official, "model.rolled_back", "model", back, before=present)
    click.echo(back)


def current_model(loa: Loa) -> str | None:
    """The id of the model in use. Raises NluError."""
    return _models(loa, "current") or None


def _require_manager(loa: Loa, official: str) -> None:
    """Raises OfficialError unless the official may say which model is used."""
    with loa.database.read() as session:
        require(official_named(session, official), Right.MANAGE)


def _put_to_use(loa: Loa, model: str, actor: str, action: str, present: str | None, **details: str) -> str:
    """Make the model current and record who did; its id. Raises NluError, and then nothing is recorded either."""
    with loa.database.write() as session:
        record(session, utc_now(), actor, action, "model", model, before=present or "–", **details)
        return _models(loa, "promote", model)


def _refuse_if_worse(loa: Loa, present: str, model: str) -> None:
    """Raises NluError, the comparison printed, when a style or an intent got worse beyond the margin."""
    if not _archive(loa, model).is_file():
        raise NluError(f"{model}: no such model in {loa.models}")
    candidate = judge(loa, _archive(loa, model))
    try:
        current = judge(loa, _archive(loa, present))
    except NluError as error:
        raise NluError(f"chưa so được với mô hình đang dùng ({error}); --anyway dùng {model} mà không so") from error
    found = changes(current, candidate)
    Console(stderr=True).print(change_table(found))
    worse = sum(change.worse for change in found)
    if worse:
        raise NluError(f"mô hình {model} chưa được dùng: kém hơn ở {worse} chỉ số (bảng trên); xem lại nhãn và dữ liệu")


def _models(loa: Loa, *arguments: str) -> str:
    return run_module(loa, "models", ["--models", str(loa.models), *arguments], capture=True).strip()


def _archive(loa: Loa, model: str) -> Path:
    return loa.models / model / "model.tar.gz"


def _made_of(loa: Loa, model: str) -> str | None:
    noted = loa.models / model / "made-of"
    return noted.read_text() if noted.exists() else None
