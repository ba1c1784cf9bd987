"""`loa nlu`: serve, train, evaluate, promote, roll back."""

import hashlib
import os
import tempfile
from pathlib import Path

import click

from foundation.sockets import socket_path
from loa.commands.shared import installation
from loa.nlu_process import environment, run_module, server_command
from loa.wiring import ROOT, UNDERSTANDING


@click.group()
def nlu() -> None:
    """The model that understands."""


@nlu.command("serve")
def serve_nlu() -> None:
    """Run the understanding process."""
    loa = installation()
    command = server_command(loa, socket_path(loa.settings.home, UNDERSTANDING))
    os.execve(command[0], command, {**os.environ, **environment()})


@nlu.command()
@click.option("--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Folder with train.yml.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the archive there only.")
@click.option("--if-absent", is_flag=True, help="Only when there is no current model of these sources.")
def train(data: Path | None, out: Path | None, if_absent: bool) -> None:
    """Train on our own data and make the model current; with --data and --out, on any Rasa 3.1 data."""
    loa = installation()
    made_of = loa.models / "made-of"
    if if_absent and (loa.models / "current").exists() and made_of.exists() and made_of.read_text() == sources():
        return
    arguments = ["--data", str(data.absolute())] if data else []
    if out is not None:
        run_module(loa, "train", [*arguments, "--out", str(out.absolute())])
        return
    with tempfile.TemporaryDirectory(prefix="loa-") as folder:
        archive = Path(folder) / "model.tar.gz"
        run_module(loa, "train", [*arguments, "--out", str(archive)])
        model = run_module(loa, "models", ["--models", str(loa.models), "install", str(archive)], capture=True).strip()
    run_module(loa, "models", ["--models", str(loa.models), "promote", model], capture=True)
    if data is None:
        made_of.write_text(sources())
    click.echo(f"model {model} is current", err=True)


def sources() -> str:
    """A hash of all that decides our own model: pipeline, components and training data.

    A model opens only with the components it was made by, so whoever pulls new ones needs a new model.
    """
    files = [ROOT / "config.yml", *sorted(p for p in (ROOT / "nlu").rglob("*") if p.suffix in (".py", ".yml"))]
    inside = [path for path in files if ".venv" not in path.parts]
    digest = hashlib.sha256()
    for path in inside:
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


@nlu.command()
@click.option("--model", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: the current one.")
@click.option("--data", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Default: our own test set.")
@click.option("--fold", is_flag=True, help="Strip diacritics from the test first.")
@click.option("--json", "json_", is_flag=True, help="Print one JSON document.")
def evaluate(model: Path | None, data: Path | None, fold: bool, json_: bool) -> None:
    """Judge a model on a test set."""
    loa = installation()
    if model is None:
        current = run_module(loa, "models", ["--models", str(loa.models), "current"], capture=True).strip()
        model = loa.models / current / "model.tar.gz"
    arguments = ["--model", str(model.absolute())]
    arguments += ["--data", str(data.absolute())] if data else []
    arguments += ["--fold"] if fold else []
    click.echo(run_module(loa, "evaluate", [*arguments, *(["--json"] if json_ else [])], capture=True), nl=False)


@nlu.command()
@click.argument("model")
def promote(model: str) -> None:
    """Make an installed MODEL (its id) the current one."""
    loa = installation()
    click.echo(run_module(loa, "models", ["--models", str(loa.models), "promote", model], capture=True), nl=False)


@nlu.command()
def rollback() -> None:
    """Go back to the model before."""
    loa = installation()
    click.echo(run_module(loa, "models", ["--models", str(loa.models), "rollback"], capture=True), nl=False)
