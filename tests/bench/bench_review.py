"""One review of a 20-drug regimen in this process, beside a bare dict loop and a naive pandas filter over the same CSV.

python -m tests.bench.bench_review: the shipped rules and the 178,920-pair table where the shared data sets are here
(MEDMGMT_SHARED), else a made table of the same size. Prints medians over regimens of drugs drawn from the formulary.
"""

import csv
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from interactions.engine.check import check
from interactions.engine.data_set import DataSet
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.rules import pairs
from interactions.engine.rules.seats import seated
from interactions.engine.rules.situation import Situation
from interactions.importers import table
from tests.interactions import shipped

DRUGS, REGIMENS, ROUNDS = 20, 60, 15
PAIRS, CODES = 178_920, 1_787
SHARED = Path(os.environ.get("MEDMGMT_SHARED", Path(__file__).resolve().parents[3] / "shared"))


def pairs_file(folder: Path) -> Path:
    """The real table, or one as large."""
    real = SHARED / "datasets" / "ddinter" / "ddinter_14files_by_rxcui.csv"
    if real.is_file():
        return real
    dice = random.Random(7)
    codes = [drug.rxcui for drug in shipped.tables().drugs if drug.rxcui] + list(range(5_000_000, 5_000_000 + CODES))
    chosen: set[tuple[int, int]] = set()
    while len(chosen) < PAIRS:
        a, b = dice.sample(codes[:CODES], 2)
        chosen.add((min(a, b), max(a, b)))
    made = folder / "made.csv"
    lines = [f"{a},{b},{dice.choice(['Minor', 'Moderate', 'Major'])}" for a, b in sorted(chosen)]
    made.write_text("\n".join(["rxcui_a,rxcui_b,level", *lines]) + "\n")
    return made


def regimens(known: Knowledge) -> list[Regimen]:
    """Twenty drugs of the formulary each, drawn with a seed."""
    dice = random.Random(11)
    keys = [drug.key for drug in shipped.tables().drugs if drug.rxcui and drug.in_rules]
    facts = Facts(age_years=44, sex="female")
    return [
        Regimen(date(2026, 11, 21), tuple(Drug(str(n), key, key, route="PO") for n, key in enumerate(drawn)), facts)
        for drawn in (dice.sample(keys, DRUGS) for _ in range(REGIMENS))
    ]


def microseconds(act: Callable[[Regimen], object], taken: list[Regimen], rounds: int = ROUNDS) -> float:
    """Median time of one call; each regimen's best of several rounds."""
    best = []
    for regimen in taken:
        act(regimen)
        times = []
        for _ in range(rounds):
            began = time.perf_counter()
            act(regimen)
            times.append(time.perf_counter() - began)
        best.append(min(times))
    return statistics.median(best) * 1e6


def dict_of_dicts(path: Path) -> dict[int, dict[int, str]]:
    """What a first sketch would hold: code -> code -> level."""
    held: dict[int, dict[int, str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            a, b = int(row["rxcui_a"]), int(row["rxcui_b"])
            held.setdefault(a, {})[b] = row["level"]
            held.setdefault(b, {})[a] = row["level"]
    return held


def pandas_filter(path: Path, codes_of: Callable[[Regimen], list[int]]) -> Callable[[Regimen], object] | None:
    """One filter over all rows a regimen; None where pandas is not installed."""
    try:
        import pandas
    except ImportError:
        return None
    frame = pandas.read_csv(path)

    def ask(regimen: Regimen) -> object:
        codes = codes_of(regimen)
        return frame[frame.rxcui_a.isin(codes) & frame.rxcui_b.isin(codes)]

    return ask


def main() -> None:
    """Measure and print one small table."""
    with tempfile.TemporaryDirectory() as folder:
        path = pairs_file(Path(folder))
        began = time.perf_counter()
        found = table.parse(path, {one.rxcui: one.ingredient_rxcui for one in shipped.tables().synonyms})
        data = DataSet("table", "1", date(2026, 11, 21), drugs=found.drugs, table=found.table)
        known = shipped.knowledge(data)
        loaded = time.perf_counter() - began
        taken = regimens(known)
        rows = measured(path, known, taken)
    print(
        f"{len(found.table):,} pairs in {found.table.byte_count():,} bytes "
        f"({found.table.byte_count() / len(found.table):.1f} a pair), parsed and laid out in {loaded:.2f} s"
    )
    hits = statistics.median(len(check(regimen, known).findings) for regimen in taken)
    print(f"{DRUGS} drugs, {DRUGS * (DRUGS - 1) // 2} pairs, {hits:.0f} findings a regimen (median)\n")
    base = rows[0][1]
    for name, value in rows:
        print(f"{name:<62}{value:>10.0f} µs {value / base:>9.1f} x")


def measured(path: Path, known: Knowledge, taken: list[Regimen]) -> list[tuple[str, float]]:
    """What was timed, and its microseconds; the bare dict loop comes first."""
    held = dict_of_dicts(path)
    drugs = known.catalogue.drugs
    codes = {id(regimen): [drugs[one.key or ""].rxcui or 0 for one in regimen.drugs] for regimen in taken}
    prepared = {}
    for regimen in taken:
        seats, _ = seated(regimen, known)
        situation = Situation(regimen, seats, known.formulary, ("", "", regimen.day), known.memory)
        prepared[id(regimen)] = (situation, seats, [known.kind_of(seat) for seat in seats], known)

    def bare_dict(regimen: Regimen) -> object:
        listed_codes = codes[id(regimen)]
        return [
            (a, b, held[a][b])
            for place, a in enumerate(listed_codes)
            for b in listed_codes[:place]
            if a in held and b in held[a]
        ]

    def look_up(regimen: Regimen) -> object:
        return pairs.look_up(*prepared[id(regimen)])

    rows = [
        ("bare dict-of-dicts loop, levels alone", microseconds(bare_dict, taken)),
        ("pair look-up: the words of every source, with grades", microseconds(look_up, taken)),
        ("check: rules, pairs, findings, what was not checked", microseconds(lambda r: check(r, known), taken)),
        ("check with the state of every pair written out", microseconds(lambda r: check(r, known).pairs, taken)),
    ]
    ask = pandas_filter(path, lambda regimen: codes[id(regimen)])
    if ask is None:
        print("NOT RUN: the pandas filter (pandas is not installed)")
        return rows
    return [*rows, ("naive pandas filter, levels alone", microseconds(ask, taken[:10], rounds=3))]


if __name__ == "__main__":
    main()
