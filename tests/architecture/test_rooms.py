"""The house stands as docs/design.md draws it: who may import whom, and what every room owes its readers."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("foundation", "people", "policies", "gateways", "scheduler", "campaigns", "bot", "console", "loa", "nlu")
LONGEST_README = 60
LONGEST_FILE = 400
OWN_CLOCK = "foundation/clock.py"


def sources(*rooms: str) -> list[Path]:
    """Every Python file of these rooms, but for migrations, which are records, and environments."""
    files = (path for room in rooms for path in sorted((ROOT / room).rglob("*.py")))
    return [path for path in files if not {".venv", "versions"} & set(path.relative_to(ROOT).parts)]


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def calls(path: Path) -> Iterator[tuple[ast.Call, str]]:
    """Every call in a file with what is called, as it is written."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node, ast.unparse(node.func)


def test_no_room_imports_what_its_row_does_not_name() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)
    assert found.returncode == 0, found.stdout + found.stderr
    assert " 0 broken" in found.stdout


def test_every_top_level_package_is_a_room_of_the_table() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= {*ROOMS, "reports"}


def test_foundation_text_needs_nothing_but_the_standard_library() -> None:
    foreign = set()
    for path in sources("foundation/text"):
        for node in ast.walk(tree(path)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or ""] if not node.level else ["relative"]
            foreign |= {
                name
                for name in names
                if name.partition(".")[0] not in sys.stdlib_module_names and not name.startswith("foundation.text")
            }
    assert not foreign


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_says_on_one_screen_what_belongs_in_it(room: str) -> None:
    readme = ROOT / room / "README.md"
    assert readme.is_file(), f"{room} has no README.md"
    assert 3 <= len(readme.read_text("utf-8").splitlines()) <= LONGEST_README


def test_every_module_and_every_public_name_of_substance_says_what_it_promises() -> None:
    silent = []
    for path in sources(*ROOMS):
        module = tree(path)
        if not ast.get_docstring(module):
            silent.append(place(path, module))
        for node in module.body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            # A name says enough of one or two statements; a route says by its decorator what it answers.
            told = len(node.body) <= 2 or node.name.startswith("_") or node.name == "main"
            if not (told or node.decorator_list or ast.get_docstring(node)):
                silent.append(f"{place(path, node)} {node.name}")
    assert not silent


def test_no_file_holds_more_than_one_idea() -> None:
    long = {str(path): len(path.read_text("utf-8").splitlines()) for path in sources(*ROOMS)}
    assert not {path: lines for path, lines in long.items() if lines > LONGEST_FILE}


def test_nothing_is_printed_past_the_log() -> None:
    """But for nlu's own commands: it stands alone and has no click."""
    rooms = [room for room in ROOMS if room != "nlu"]
    assert not [place(path, call) for path in sources(*rooms) for call, name in calls(path) if name == "print"]


def test_only_the_clock_knows_what_time_it_is() -> None:
    """Whoever needs now or today takes it as an argument, or is handed `utc_now` at the edge."""
    asking = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.utcfromtimestamp")
    found = [
        place(path, call)
        for path in sources(*ROOMS)
        if str(path.relative_to(ROOT)) != OWN_CLOCK
        for call, name in calls(path)
        if name.endswith(asking)
    ]
    assert not found


def test_no_room_calls_the_clock_inside_its_domain() -> None:
    """`utc_now()` is called by loa and the gateways that play a carrier; elsewhere it is at most handed over."""
    domain = ("foundation", "people", "policies", "scheduler", "campaigns", "bot", "console")
    found = [place(path, call) for path in sources(*domain) for call, name in calls(path) if name.endswith("utc_now")]
    assert not found
