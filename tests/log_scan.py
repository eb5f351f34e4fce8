"""What no log line may hold, looked for in the log of a whole run: people, addresses, drugs, and what opens doors."""

import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "data"
OF_A_PROCESS = re.compile(r"\d\d:\d\d:\d\d [\w.]+ +\| ")
"""Before each line of a process; what `serve` says itself on its start names the demo's accounts on purpose."""
MADE_BY_TESTS = ("Journey", "Brook", "J-4711", "@mail.example")
OPENS = re.compile(
    r"/r/[\w.~%:-]{20,}|/calendar/[\w.~%:-]{16,}|Bearer\s+\w{16,}|Token\s+\w{16,}|sessionid=\w+|csrftoken=\w+"
    r"|password=\S+|\b[0-9a-f]{64}\b"
)
NO_DRUG = ("water", "oxygen", "charcoal", "carbon")
"""Names of drugs that are words of every day."""


def column(table: str, name: str) -> set[str]:
    """What stands in one column of a table of data/."""
    with (DATA / table).open(encoding="utf-8", newline="") as rows:
        return {row[name].strip() for row in csv.DictReader(rows) if row[name].strip()}


def people() -> set[str]:
    """Names, record numbers and addresses of the demo clinic's patients, and of those whom the journeys make."""
    columns = ("given_name", "family_name", "mrn", "email")
    return set(MADE_BY_TESTS).union(*(column("demo/patients.csv", name) for name in columns))


def drugs() -> set[str]:
    """Every ingredient of the knowledge that is shipped."""
    return {name for name in column("drugs.csv", "name") if len(name) > 4 and name.lower() not in NO_DRUG}


def any_of(words: Iterable[str], flags: int = 0) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w@])(?:{'|'.join(sorted(map(re.escape, words), key=len, reverse=True))})(?!\w)", flags)


def leaks(log: str) -> Iterator[str]:
    """The lines of processes that hold what none may hold, each with what it is."""
    named, dosed = any_of(people()), any_of(drugs(), re.IGNORECASE)
    for line in log.splitlines():
        if OF_A_PROCESS.match(line):
            said = OF_A_PROCESS.sub("", line)
            found = named.search(said) or dosed.search(said) or OPENS.search(said)
            if found:
                yield f"{found[0]!r} in {line[:300]}"
