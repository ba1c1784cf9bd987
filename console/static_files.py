"""Style sheet, mark and htmx, served from here under addresses that change with their content."""

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from flask import Response, abort, request, send_file, url_for

from console.blueprint import pages

FOLDER = Path(__file__).with_name("static")
A_YEAR_S = 365 * 24 * 3600


@pages.get("/static/<name>")
def static(name: str) -> Response:
    """A file of the list below; kept by browsers for a year when asked for by its fingerprint."""
    if name not in _files():
        abort(404)
    current = request.args.get("v") == _fingerprint(name)
    return send_file(_files()[name], max_age=A_YEAR_S if current else None)


@pages.app_template_global("asset")
def asset(name: str) -> str:
    """The address of a file, its fingerprint included. Raises KeyError for a file that is not served."""
    return url_for("console.static", name=name, v=_fingerprint(name))


@cache
def _files() -> dict[str, Path]:
    own = {path.name: path for path in FOLDER.iterdir()}
    return {**own, "htmx.js": _htmx()}


@cache
def _fingerprint(name: str) -> str:
    return hashlib.sha256(_files()[name].read_bytes()).hexdigest()[:12]


def _htmx() -> Path:
    """The script inside django-htmx, a package that is installed for it alone; found without importing Django."""
    spec = find_spec("django_htmx")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("django-htmx is not installed: run make setup")
    return Path(spec.origin).parent / "static" / "django_htmx" / "htmx-2.min.js"
