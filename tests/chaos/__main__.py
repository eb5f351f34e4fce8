"""Runs the fault test and prints its table: python -m tests.chaos [--short] [--sqlite | --no-redis | --redis].

Without a name all three ways of running are tried, one after the other. Real servers on loopback ports of their own,
thrown away afterwards; bounded in count and time. Exit status 1 if anything was lost, doubled or late.
"""

import os
import sqlite3
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tests import servers
from tests.chaos import faults
from tests.chaos.faults import LEASE_SECONDS, Plan

SEED = 20261121
GRACE_SECONDS = 30
FULL = (
    Plan("PostgreSQL, Redis, 4 Celery workers, 2 beats"),
    Plan("PostgreSQL, no Redis, 4 clocks", redis=False, redis_crashes=0),
    Plan("SQLite, no Redis, 2 clocks", sqlite=True, redis=False, redis_crashes=0, postgres_crashes=0, workers=2),
)
SMALL = {"rows": 600, "without_key": 60, "seconds": 20.0, "patience": 60.0}
SHORT = tuple(
    replace(plan, **SMALL, workers=2, kills=5, redis_crashes=min(2, plan.redis_crashes))
    if plan.sqlite
    else replace(plan, **SMALL, workers=2, kills=5, redis_crashes=min(2, plan.redis_crashes), postgres_crashes=1)
    for plan in FULL
)


@dataclass(frozen=True)
class Line:
    """One row of the table: what was promised, what was found, and whether it holds."""

    what: str
    found: str
    holds: bool


def judge(plan: Plan, found: dict[str, Any], folder: Path) -> list[Line]:
    """Every promise beside what happened."""
    due, states, report = found["due"], found["states"], found["report"]
    taken: dict[str, int] = report["taken"]
    keyed = [key for key, (_at, takes_key) in due.items() if takes_key]
    others = [key for key, (_at, takes_key) in due.items() if not takes_key]
    arrived = sum(1 for key in keyed if taken.get(key))
    extra = sum(max(0, taken.get(key, 0) - 1) for key in keyed)
    broken = sum(found["faults"].values())
    silences = report["faults"].get("took it and fell silent", 0) + report["faults"].get("stalled", 0)
    late = max((report["first"][key] - due[key][0] for key in keyed if key in report["first"]), default=0.0)
    unknown, sent = states.get("email unknown", 0), states.get("email sent", 0)
    limit = LEASE_SECONDS + GRACE_SECONDS
    lines = [
        Line("delivered of those with a key", f"{arrived:,} of {plan.rows:,}", arrived == plan.rows),
        Line("settled as sent", f"{states.get('sms sent', 0):,}", states.get("sms sent", 0) == plan.rows),
        Line("calls that the gateway did not know", f"{len(set(taken) - set(due))}", set(taken) <= set(due)),
        Line(
            "faults: " + told({**found["faults"], **report["faults"]}),
            f"{broken + sum(report['faults'].values()):,}",
            True,
        ),
        Line(
            "second copies, all under the same key",
            f"{extra:,} (limit {broken + silences:,})",
            extra <= broken + silences,
        ),
        Line("worst lateness", f"{late:.1f} s (limit {limit} s)", late < limit),
        Line("without a key: sent + unknown", f"{sent:,} + {unknown:,}", sent + unknown == plan.without_key),
        Line("without a key: second copies", f"{doubles(taken, others)}", doubles(taken, others) == 0),
        Line("unknown that a person was told of", f"{states['tasks']:,}", states["tasks"] == unknown),
        Line("sent without having arrived", f"{missing(taken, others, unknown)}", missing(taken, others, unknown) == 0),
    ]
    return lines + (of_sqlite(found, folder) if plan.sqlite else [])


def told(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


def doubles(taken: dict[str, int], keys: list[str]) -> int:
    """Messages without a key that arrived more than once."""
    return sum(1 for key in keys if taken.get(key, 0) > 1)


def missing(taken: dict[str, int], keys: list[str], unknown: int) -> int:
    """Messages that never arrived although nobody was told: more than there are unknown ones."""
    return max(0, sum(1 for key in keys if not taken.get(key)) - unknown)


def of_sqlite(found: dict[str, Any], folder: Path) -> list[Line]:
    """The file is whole, and whoever worked meanwhile saw no error."""
    with sqlite3.connect(folder / "clinic.sqlite3") as database:
        [whole] = database.execute("PRAGMA integrity_check").fetchone()
    read = found["read"]
    asked = sum(read["answers"].values())
    return [
        Line("integrity check", str(whole), whole == "ok"),
        Line(
            f"answers to a nurse meanwhile (slowest {read['slowest']:.1f} s)",
            f"{asked:,}, of which {read['errors']} errors or locked",
            asked > 0 and not read["errors"] and set(read["answers"]) <= {200, 201},
        ),
    ]


def run(plan: Plan, seed: int = SEED) -> tuple[list[Line], float]:
    """One way of running, judged."""
    with tempfile.TemporaryDirectory(prefix="medmgmt-chaos-", ignore_cleanup_errors=True) as home:
        folder = Path(home)
        os.chmod(folder, 0o755)
        found = faults.run(plan, folder, seed)
        return judge(plan, found, folder), float(str(found["seconds"]))


def main(arguments: list[str]) -> int:
    """Prints a table for each way of running."""
    plans = SHORT if "--short" in arguments else FULL
    named = {"--redis": plans[0], "--no-redis": plans[1], "--sqlite": plans[2]}
    chosen = [plan for name, plan in named.items() if name in arguments] or list(plans)
    status = 0
    for plan in chosen:
        began = time.monotonic()
        try:
            lines, seconds = run(plan)
        except servers.Unavailable as absent:
            print(f"NOT RUN: {plan.name} ({absent})")
            status = 1
            continue
        print(f"\n### {plan.name}: {plan.rows + plan.without_key:,} messages in {seconds:.0f} s\n")
        print("| promise | found | holds |\n|---|---|---|")
        for line in lines:
            print(f"| {line.what} | {line.found} | {'yes' if line.holds else '**NO**'} |")
            status |= not line.holds
        print(f"\n({time.monotonic() - began:.0f} s with start and end)", flush=True)
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
