"""Small changes to the pure rooms, made by mutmut in a copy: which of them does no test notice?

python -m tests.mutation [--seed N] [--minutes M] [--module PATTERN] [--room NAME] [--most N]
Another seed tries other changes. What is known to make no difference stands, with its reason, in excused_mutants.csv.
"""

import argparse
import contextlib
import csv
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatch
from pathlib import Path

import libcst as cst
from mutmut.configuration import reset_config
from mutmut.mutation.file_mutation import create_mutations, group_by_top_level_node
from mutmut.mutation.trampoline_templates import mangle_function_name
from mutmut.utils.format_utils import get_mutant_name

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ROOT / "tests" / "mutation.toml"
EXCUSED = ROOT / "tests" / "excused_mutants.csv"
COPIED = ("medmgmt", "interactions", "refills", "data", "tests", "manage.py", "pyproject.toml")
MUTMUT = Path(sys.executable).with_name("mutmut")
KILLED = ("killed", "timeout", "segfault", "caught by type check")
KEPT_AS_DESCRIPTORS = ("property", "cached_property")
SETTINGS = """
[tool.mutmut]
# how a file is opened makes no difference where text is UTF-8 anyway
do_not_mutate_patterns = ["open\\\\(encoding="]
source_paths = [{modules}]
also_copy = ["medmgmt", "interactions", "refills", "data", "manage.py"]
pytest_add_cli_args = ["-p", "tests.unshrunk", "-p", "no:cacheprovider"]
pytest_add_cli_args_test_selection = [{tests}]
process_isolation = "forkserver"
track_dependencies = false
use_git_change_detection = false
timeout_multiplier = 4.0
timeout_constant = 2.0
"""


@dataclass(frozen=True, slots=True)
class Room:
    """Modules that one set of tests answers for."""

    name: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Survivor:
    """A change that no test noticed."""

    file: str
    line: int
    function: str
    was: str
    becomes: str

    @property
    def key(self) -> tuple[str, ...]:
        return (self.file, self.function, self.was, self.becomes)


@dataclass(slots=True)
class Count:
    """What became of the changes of one module."""

    made: int = 0
    tried: int = 0
    killed: int = 0
    excused: int = 0
    survived: list[Survivor] = field(default_factory=list)


def rooms() -> list[Room]:
    """Every room of mutation.toml; a path that names nothing is an error, so that a move is noticed."""
    return [
        Room(one["name"], _paths(one["modules"]), _paths(one["tests"]))
        for one in tomllib.loads(ROOMS.read_text(encoding="utf-8"))["rooms"]
    ]


def _paths(patterns: list[str]) -> tuple[str, ...]:
    found: list[str] = []
    for pattern in patterns:
        paths = [path for path in sorted(ROOT.glob(pattern)) if path.name != "__init__.py"]
        if not paths:
            raise SystemExit(f"{ROOMS.name} names {pattern}, and there is nothing there.")
        found += [str(path.relative_to(ROOT)) for path in paths]
    return tuple(found)


def excuses() -> dict[tuple[str, ...], str]:
    """Each excused change with its reason; an excuse for a line that is gone is an error."""
    with EXCUSED.open(encoding="utf-8", newline="") as rows:
        read = {
            (row["file"], row["function"], row["was"], row["becomes"]): row["reason"] for row in csv.DictReader(rows)
        }
    for (file, function, was, _), reason in read.items():
        path = ROOT / file
        if not reason or not path.is_file() or was not in {line.strip() for line in path.read_text().splitlines()}:
            raise SystemExit(f"{EXCUSED.name}: {file}, {function}: “{was}” is not there or has no reason.")
    return read


def with_plain_methods(source: str) -> str:
    """The source with its properties as plain methods, made properties on the line below: mutmut skips decorated ones.

    Line numbers stay the same wherever a blank line follows, as it does in formatted code.
    """
    lines = source.splitlines()
    for function in reversed(list(_described(cst.MetadataWrapper(cst.parse_module(source))))):
        decorator, start, end, name = function
        indent = lines[start][: len(lines[start]) - len(lines[start].lstrip())]
        lines[start] = ""
        becomes = f"{indent}{name} = {decorator}({name})"
        if end + 1 < len(lines) and not lines[end + 1].strip():
            lines[end + 1] = becomes
        else:
            lines.insert(end + 1, becomes)
    return "\n".join(lines) + "\n"


def _described(wrapper: cst.MetadataWrapper) -> Iterator[tuple[str, int, int, str]]:
    """Decorator, line of the decorator, last line and name of each property, lines from nought, in order."""
    places = wrapper.resolve(cst.metadata.PositionProvider)
    for cls in wrapper.module.body:
        if not isinstance(cls, cst.ClassDef):
            continue
        for method in cls.body.body:
            if not isinstance(method, cst.FunctionDef) or len(method.decorators) != 1:
                continue
            decorator = method.decorators[0].decorator
            if isinstance(decorator, cst.Name) and decorator.value in KEPT_AS_DESCRIPTORS:
                first, last = places[method.decorators[0]].start.line - 1, places[method].end.line - 1
                yield decorator.value, first, last, method.name.value


def names(module: str) -> list[str]:
    """mutmut's name of every change it will make in this module, but for those to sentences for people."""
    tree, mutations, _, _ = create_mutations(module, Path(module).read_text(encoding="utf-8"))
    owners: dict[cst.CSTNode, str | None] = {}
    for statement in tree.body:
        owners[statement] = None
        if isinstance(statement, cst.ClassDef):
            owners.update(dict.fromkeys(statement.body.body, statement.name.value))
    found: list[str] = []
    for function, changes in group_by_top_level_node(mutations).items():
        if not isinstance(function, cst.FunctionDef) or function not in owners:
            continue
        mangled = mangle_function_name(name=function.name.value, class_name=owners[function])
        numbers = (n for n, change in enumerate(changes, start=1) if not _is_wording(change.original_node))
        found += [get_mutant_name(Path(module), f"{mangled}__mutmut_{number}") for number in numbers]
    return found


def _is_wording(node: cst.CSTNode) -> bool:
    """Whether this is a sentence for people: what it says is for readers to judge, not for tests to repeat."""
    return isinstance(node, cst.SimpleString | cst.FormattedStringText) and " " in getattr(node, "value", "").strip(
        "\"' "
    )


def prepare(folder: Path, room: Room) -> None:
    """A copy of the project in which mutmut may do as it likes with the modules of this room."""
    left_out = shutil.ignore_patterns("__pycache__", "*.pyc")
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=left_out)
        else:
            shutil.copy2(source, folder / name)
    for module in room.modules:
        path = folder / module
        path.write_text(with_plain_methods(path.read_text(encoding="utf-8")), encoding="utf-8")
    settings = SETTINGS.format(modules=_quoted(room.modules), tests=_quoted(room.tests))
    with (folder / "pyproject.toml").open("a", encoding="utf-8") as written:
        written.write(settings)


def _quoted(paths: tuple[str, ...]) -> str:
    return ", ".join(f'"{path}"' for path in paths)


def try_room(
    room: Room, *, rng: random.Random, most: int, until: float, excused: dict[tuple[str, ...], str]
) -> dict[str, Count]:
    """What became of up to `most` changes in this room, drawn evenly over its modules, until that time."""
    counts: dict[str, Count] = defaultdict(Count)
    with tempfile.TemporaryDirectory(prefix="medmgmt-mutation-") as name:
        folder = Path(name)
        prepare(folder, room)
        with contextlib.chdir(folder):
            reset_config()
            all_names = {module: names(module) for module in room.modules}
            for module, made in all_names.items():
                counts[module].made = len(made)
            chosen = _drawn(all_names, rng, most)
            if not chosen:
                return counts
            _run([str(MUTMUT), "run", "--max-children", "1", *chosen], until=until)
            states = _states(set(chosen))
            for mutant in chosen:
                count = counts[_module_of(mutant, room.modules)]
                state = states.get(mutant, "not checked")
                if state == "not checked" or state.startswith("check was"):
                    continue
                count.tried += 1
                if state in KILLED:
                    count.killed += 1
                    continue
                survivor = _survivor(mutant, _module_of(mutant, room.modules))
                if survivor.key in excused:
                    count.excused += 1
                elif not _survives_all(mutant, room):
                    count.killed += 1
                else:
                    count.survived.append(survivor)
                    _show(survivor)
    return counts


def _drawn(names_by_module: dict[str, list[str]], rng: random.Random, most: int) -> list[str]:
    """Up to `most` names, one module after the other, so that a small module is not forgotten beside a big one."""
    piles = [rng.sample(names, len(names)) for names in names_by_module.values() if names]
    rng.shuffle(piles)
    drawn: list[str] = []
    while piles and len(drawn) < most:
        drawn += [pile.pop() for pile in piles]
        piles = [pile for pile in piles if pile]
    return drawn[:most]


def _module_of(mutant: str, modules: tuple[str, ...]) -> str:
    dotted = mutant.rpartition(".")[0]
    return next(module for module in modules if module.removesuffix(".py").replace("/", ".") == dotted)


def _run(command: list[str], *, until: float) -> None:
    """Runs until it ends or its time is over; what mutmut has found until then it has written down."""
    environment = {**os.environ, "REDIS_URL": ""}
    with tempfile.TemporaryFile("w+", encoding="utf-8") as out:
        process = subprocess.Popen(command, env=environment, stdout=out, stderr=out, start_new_session=True)
        try:
            status = process.wait(timeout=max(1.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return
        if status:
            out.seek(0)
            raise SystemExit(f"mutmut could not run:\n{out.read()[-3000:]}")


def _states(wanted: set[str]) -> dict[str, str]:
    told = subprocess.run([str(MUTMUT), "results", "--all", "True"], capture_output=True, text=True, check=True).stdout
    pairs = (line.strip().rpartition(": ") for line in told.splitlines() if ": " in line)
    return {name: state for name, _, state in pairs if name in wanted}


def _survivor(mutant: str, module: str) -> Survivor:
    """Where this change is, what stood there and what stands there now."""
    told = subprocess.run([str(MUTMUT), "show", mutant], capture_output=True, text=True, check=True).stdout
    removed = [line[1:] for line in told.splitlines() if line.startswith("-") and not line.startswith("---")]
    added = [line[1:] for line in told.splitlines() if line.startswith("+") and not line.startswith("+++")]
    hunk = told.partition("@@ -")[2]
    offset = int(hunk.partition(",")[0])
    before = next(place for place, line in enumerate(hunk.splitlines()[1:]) if line.startswith("-"))
    mangled = mutant.rpartition(".")[2].partition("__mutmut_")[0]
    function = mangled.removeprefix("x_").replace("ǁ", ".").removeprefix("x.")
    start = _first_line(Path(module), function)
    stripped = (" / ".join(line.strip() for line in lines) for lines in (removed, added))
    return Survivor(module, start + offset + before - 1, function, *stripped)


def _first_line(path: Path, function: str) -> int:
    """The line on which mutmut's copy of this function begins."""
    owner, _, name = function.rpartition(".")
    wrapper = cst.MetadataWrapper(cst.parse_module(path.read_text(encoding="utf-8")))
    places = wrapper.resolve(cst.metadata.PositionProvider)
    for statement in wrapper.module.body:
        inside = statement.body.body if isinstance(statement, cst.ClassDef) and statement.name.value == owner else ()
        for found in (statement, *inside):
            if isinstance(found, cst.FunctionDef) and found.name.value == name:
                return places[found].start.line
    return 0


def _survives_all(mutant: str, room: Room) -> bool:
    """Whether every test of the room lets it live, in a process of its own.

    mutmut runs only the tests that it saw call the function, and what an earlier test left in memory hides a call.
    """
    environment = {**os.environ, "MUTANT_UNDER_TEST": mutant, "REDIS_URL": ""}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-x",
        "-q",
        "-p",
        "tests.unshrunk",
        "-p",
        "no:cacheprovider",
        *room.tests,
    ]
    try:
        done = subprocess.run(command, cwd="mutants", env=environment, capture_output=True, timeout=180)
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def _show(survivor: Survivor) -> None:
    print(f"  {survivor.file}:{survivor.line} {survivor.function}", flush=True)
    print(f"    - {survivor.was}\n    + {survivor.becomes}", flush=True)


def main(arguments: list[str]) -> int:
    """Exit status 1 when a change that is not excused was noticed by no test."""
    asked = _asked(arguments)
    excused = excuses()
    rng = random.Random(asked.seed)
    chosen = [room for room in (_narrowed(room, asked) for room in rooms()) if room.modules]
    rng.shuffle(chosen)
    end = time.monotonic() + asked.minutes * 60
    totals = Counter[str]()
    for place, room in enumerate(chosen):
        share = (end - time.monotonic()) / (len(chosen) - place)
        if share < 1:
            print(f"{room.name}: not reached in this time")
            continue
        print(f"{room.name}", flush=True)
        counts = try_room(room, rng=rng, most=asked.most, until=time.monotonic() + share, excused=excused)
        for module, count in counts.items():
            told = {"made": count.made, "tried": count.tried, "killed": count.killed, "excused": count.excused}
            told["survived"] = len(count.survived)
            totals.update(told)
            print(f"  {module}: " + ", ".join(f"{number} {word}" for word, number in told.items()), flush=True)
    print("In all: " + ", ".join(f"{number} {word}" for word, number in totals.items()) + f" (seed {asked.seed})")
    return 1 if totals["survived"] or not totals["tried"] else 0


def _asked(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("MUTANTS_SEED", "1")))
    parser.add_argument("--minutes", type=float, default=float(os.environ.get("MUTANTS_MINUTES", "10")))
    parser.add_argument("--module", default="*", help="only modules whose path matches this pattern")
    parser.add_argument("--room", default="*", help="only rooms whose name matches this pattern")
    parser.add_argument("--most", type=int, default=100, help="the most changes to try in one room")
    return parser.parse_args(arguments)


def _narrowed(room: Room, asked: argparse.Namespace) -> Room:
    if not fnmatch(room.name, asked.room):
        return Room(room.name, (), room.tests)
    return Room(room.name, tuple(one for one in room.modules if fnmatch(one, asked.module)), room.tests)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
