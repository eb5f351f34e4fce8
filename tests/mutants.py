"""Changes made on purpose: each row of tests/mutants.csv is applied to a copy, and the test it names must fail.

python -m tests.mutants [--only TEXT] [--jobs N] [--database sqlite|postgres]
Prints what survived and a total; exit status 1 for a survivor, and for a row that cannot be tried. Without --database a
row is tried on SQLite, and on PostgreSQL where only that can answer it. On demand: a row takes some ten seconds.
"""

import argparse
import ast
import contextlib
import csv
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
LEFT_BEHIND = (".git", ".venv", ".medmgmt", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis")
LONGEST_SECONDS = 300
COLUMNS = ["file", "find", "replace", "harm", "test"]
later = itertools.count(int(time.time()) + 10, 2)
"""File times that only grow, so that no compiled file of one change is taken for that of another."""


@dataclass(frozen=True)
class Mutant:
    """One change: where, what stands there exactly once, what takes its place, whom it harms, which tests see it."""

    file: str
    find: str
    replace: str
    harm: str
    tests: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.file}: {self.harm}"

    def fault(self) -> str:
        """Why this row cannot be tried, as a sentence; blank where it can."""
        path = ROOT / self.file
        if not path.is_file():
            return "there is no such file"
        text = path.read_text()
        if text.count(self.find) != 1:
            return f"its text is found {text.count(self.find)} times, not once"
        if self.find == self.replace or not self.harm.strip():
            return "it changes nothing, or says no harm"
        if path.suffix == ".py" and not is_python(text.replace(self.find, self.replace)):
            return "what comes of it is no Python"
        if not self.tests:
            return "it names no test"
        missing = [test for test in self.tests if not exists(test)]
        return f"there is no test {missing[0]}" if missing else ""


@dataclass(frozen=True)
class Place:
    """A copy of the tree and the databases that its tests run on."""

    tree: Path
    environment: dict[str, str]
    arguments: tuple[str, ...]


def is_python(text: str) -> bool:
    """Whether it compiles; a change that does not would be noticed by anything."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def exists(test: str) -> bool:
    """Whether the node id names a function, or a whole file, that is there."""
    file, _, rest = test.partition("::")
    path = ROOT / file
    name = rest.rpartition("::")[2].partition("[")[0]
    return path.is_file() and (not rest or f"def {name}(" in path.read_text())


def read(folder: Path = ROOT / "tests") -> list[Mutant]:
    """Every row of the list, in order."""
    with (folder / "mutants.csv").open(newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != COLUMNS:
            raise SystemExit(f"mutants.csv: the columns are {', '.join(COLUMNS)}")
        return [
            Mutant(one["file"], one["find"], one["replace"], one["harm"], tuple(one["test"].split())) for one in rows
        ]


def run(place: Place, tests: Sequence[str]) -> dict[str, str]:
    """What became of each test that ran: passed, failed or skipped; "never ended" and "broken" stand for the whole."""
    with tempfile.TemporaryDirectory(prefix="medmgmt-told-") as folder:
        told = Path(folder) / "told.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.migrated_once", "-p", "no:cacheprovider"]
        environment = {**os.environ, **place.environment, "TOLD": str(told)}
        try:
            done = subprocess.run(
                [*command, *place.arguments, *dict.fromkeys(tests)],
                cwd=place.tree, env=environment, capture_output=True, text=True,
                timeout=LONGEST_SECONDS + 60 * len(tests),
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return {"": "never ended"}
        if done.returncode not in (0, 1, 5) or not told.exists():
            return {"": f"broken: {' '.join((done.stdout + done.stderr).splitlines()[-3:])[-300:]}"}
        return dict(json.loads(told.read_text()))


def of_row(outcomes: dict[str, str], tests: Sequence[str]) -> set[str]:
    """What became of the tests of one row: a test with cases counts with all of them."""
    near = tuple(f"{test}{end}" for test in tests for end in ("[", "::"))
    return {what for node, what in outcomes.items() if node in ("", *tests) or node.startswith(near)}


def try_one(places: "queue.Queue[Place]", mutant: Mutant) -> str:
    """Blank when a test failed, as it should; else what happened instead."""
    place = places.get()
    path = place.tree / mutant.file
    plain = path.read_text()
    try:
        write(path, plain.replace(mutant.find, mutant.replace))
        came = of_row(run(place, mutant.tests), mutant.tests)
    finally:
        write(path, plain)
        places.put(place)
    if came & {"failed", "never ended"}:
        return ""
    broken = sorted(what for what in came if what.startswith("broken"))
    return broken[0] if broken else "SURVIVED"


def write(path: Path, text: str) -> None:
    """Writes a file with a time of its own."""
    path.write_text(text)
    moment = next(later)
    os.utime(path, (moment, moment))


@contextlib.contextmanager
def copies(number: int, database: str) -> Iterator[list[Place]]:
    """So many copies of the tree, each with databases of its own."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="medmgmt-mutants-")))
        shared = {"MEDMGMT_SHARED": os.environ.get("MEDMGMT_SHARED", str(ROOT.parent / "shared"))}
        places = []
        for place in range(number):
            tree = folder / str(place)
            shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns(*LEFT_BEHIND), symlinks=True)
            environment = {"MIGRATED_IN": str(folder), "DATABASE_URL": f"sqlite:///{tree}.sqlite3", "REDIS_URL": ""}
            arguments = ["-m", "not postgres and not redis"]
            if database == "postgres":
                environment["DATABASE_URL"] = stack.enter_context(servers.postgres())
                environment["TEST_REDIS_URL"] = stack.enter_context(servers.redis())
                arguments = ["-m", "not sqlite and not browser", "--create-db"]
            places.append(Place(tree, {**shared, **environment}, tuple(arguments)))
        yield places


def try_all(mutants: Sequence[Mutant], jobs: int, database: str) -> tuple[list[str], list[Mutant]]:
    """A line for everything that went wrong, and the rows that no test answered on this database."""
    wrong: list[str] = []
    with copies(jobs, database) as places, ThreadPoolExecutor(jobs) as workers:
        unchanged = run(places[0], [test for one in mutants for test in one.tests])
        came = {one: of_row(unchanged, one.tests) for one in mutants}
        unanswered = [one for one in mutants if came[one] <= {"skipped"}]
        red = [one for one in mutants if came[one] - {"passed", "skipped"}]
        wrong += [f"{one}\n    unchanged, its tests say: {', '.join(sorted(came[one]))}" for one in red]
        free: queue.Queue[Place] = queue.Queue()
        for place in places:
            free.put(place)
        fit = [one for one in mutants if one not in unanswered and one not in red]
        tries = {workers.submit(try_one, free, one): one for one in fit}
        for number, done in enumerate(as_completed(tries), start=1):
            mutant, what = tries[done], done.result()
            print(f"{number:4}/{len(fit)} {what or 'caught'}: {mutant}", flush=True)
            wrong += [f"{mutant}\n    {what}: {' '.join(mutant.tests)}"] if what else []
    return wrong, unanswered


def main(arguments: list[str]) -> int:
    """Exit status 0 only when every row was tried and caught."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", default="", help="rows with this in their file, harm or test")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", "postgres"], default="")
    wanted = parser.parse_args(arguments)
    chosen = [one for one in read() if wanted.only in " ".join([one.file, one.harm, *one.tests])]
    wrong = [f"{one}\n    {one.fault()}" for one in chosen if one.fault()]
    left = [one for one in chosen if not one.fault()]
    for database in [wanted.database] if wanted.database else ["sqlite", "postgres"]:
        if left:
            more, left = try_all(left, wanted.jobs, database)
            wrong += more
    wrong += [f"{one}\n    no test of it ran" for one in left]
    print("\n".join(["", *wrong]))
    print(f"{len(chosen)} changes, {len(chosen) - len(wrong)} caught, {len(wrong)} not.")
    return 1 if wrong or not chosen else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
