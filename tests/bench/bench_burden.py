"""How often an order is interrupted: cards per 100 orders beside the alerts of raw DDInter, Major and Moderate.

python -m tests.bench.bench_burden: random regimens of unrelated drugs, then the demo clinic of data/demo/, each
medicine ordered in turn, at its first dose, on top of the others. A high-priority pair (Phansalkar 2012) that stays
quiet is counted as lost.
"""

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from interactions.engine.check import check
from interactions.engine.data_set import DataSet
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Action, CrossTaper, Drug, Facts, Regimen
from interactions.engine.severity import Severity
from interactions.importers import table
from medmgmt.demo import histories
from tests.bench.bench_review import SHARED
from tests.interactions import shipped
from tests.interactions.test_pairs_everybody_knows import expanded

DAY = date(2026, 11, 21)
PATIENTS, TAKEN = 2_000, 6
Patient = tuple[list[Drug], list[Drug], Facts]
"""What stands, the same as it was first ordered, and the person."""


def main() -> None:
    """Measure both populations and print one table."""
    path = SHARED / "datasets" / "ddinter" / "ddinter_14files_by_rxcui.csv"
    if not path.is_file():
        print("NOT RUN: the DDInter table is not here (MEDMGMT_SHARED)")
        return
    found = table.parse(path, {one.rxcui: one.ingredient_rxcui for one in shipped.tables().synonyms})
    data = DataSet("DDInter", "1", DAY, drugs=found.drugs, table=found.table)
    known = shipped.knowledge(data)
    print(f"{'':<34}{'orders':>8}{'cards':>10}{'raw':>10}{'share':>8}   per 100 orders")
    for name, patients in (("random regimens", unrelated(known)), ("demo clinic", demo(known))):
        count = burden(known, data, patients)
        ours, raw = (100 * count[what] / count["orders"] for what in ("interruptive", "raw"))
        print(f"{name:<34}{count['orders']:>8,}{ours:>10.1f}{raw:>10.1f}{100 * ours / raw:>6.0f} %")
    pairs = expanded()
    lost = [pair for pair in pairs if not interrupts(known, *pair)]
    print(f"high-priority pairs that interrupt: {len(pairs) - len(lost)} of {len(pairs)}; lost: {lost or 'none'}")


def burden(known: Knowledge, data: DataSet, patients: list[Patient]) -> Counter[str]:
    """Every medicine of every patient ordered today on top of the rest."""
    count: Counter[str] = Counter()
    for drugs, firsts, facts in patients:
        for place, ordered in enumerate(firsts):
            rest = [*drugs[:place], *drugs[place + 1 :]]
            new = replace(ordered, started_on=DAY)
            regimen = Regimen(DAY, (*rest, new), facts, Action("start", frozenset({new.ref})))
            count["orders"] += 1
            count["interruptive"] += sum(card.is_interruptive for card in check(regimen, known).cards)
            count["raw"] += raw_alerts(known, data, new, rest)
    return count


def raw_alerts(known: Knowledge, data: DataSet, new: Drug, rest: list[Drug]) -> int:
    """Pairs of the ordered drug that the table calls Major or Moderate."""

    def numbers(drug: Drug) -> tuple[int, ...]:
        return data.select(known.catalogue.drugs[drug.key or ""], drug.route, drug.form, known.catalogue).numbers

    return sum(
        max((data.table.grade(a, b) for a in numbers(new) for b in numbers(other) if a != b), default=0)
        >= Severity.MODERATE
        for other in rest
    )


def unrelated(known: Knowledge) -> list[Patient]:
    """Drugs of the formulary drawn with a seed: nobody would prescribe them together on purpose, or avoid it."""
    dice = random.Random(5)
    keys = [drug.key for drug in known.catalogue.drugs.values() if drug.in_rules and drug.rxcui and drug.group in
            ("psychotropic", "coprescribed", "sud")]  # fmt: skip
    patients = []
    for _ in range(PATIENTS // TAKEN):
        drawn = [
            Drug(str(place), key, key, route="PO", started_on=DAY - timedelta(days=dice.randrange(30, 900)))
            for place, key in enumerate(dice.sample(keys, TAKEN))
        ]
        patients.append((drawn, drawn, Facts(age_years=dice.randrange(20, 60), sex=dice.choice("FM"))))
    return patients


def demo(known: Knowledge) -> list[Patient]:
    """Every patient of the demo clinic, on the last dose of each medicine."""
    first: dict[tuple[str, str], dict[str, str]] = {}
    last: dict[tuple[str, str], dict[str, str]] = {}
    for row in histories.rows("regimens"):
        if int(row["day"]) <= 0:
            first.setdefault((row["patient"], row["drug"]), row)
            last[row["patient"], row["drug"]] = row
    conditions = histories.rows("conditions")
    patients = []
    for patient in histories.rows("patients"):
        name = patient["patient"]
        taken = [row for (of, _), row in last.items() if of == name and row["kind"] not in ("stop", "hold")]
        switched = frozenset(row["drug"] for row in taken if row["reason"] == "cross_taper")
        facts = Facts(
            age_years=-int(patient["born_day"]) * 4 // 1461,
            sex=patient["sex"][0].upper(),
            conditions=tuple(f"{row['icd10cm']} {row['text']}" for row in conditions if row["patient"] == name),
            cross_tapers=(CrossTaper(switched, DAY),) if len(switched) > 1 else (),
        )
        ordered = [_drug(known, first[name, row["drug"]]) for row in taken]
        patients.append(([_drug(known, row) for row in taken], ordered, facts))
    return patients


TIMES = {"BID": 2, "TID": 3, "QID": 4}


def _drug(known: Knowledge, row: dict[str, str]) -> Drug:
    entry = known.catalogue.named(row["drug"])
    amount = Decimal(row["amount"]) if row["amount"] and row["unit"] == "mg" else None
    daily = amount * TIMES.get(row["timing"], 1) if amount is not None else None
    if row["max_per_day"]:
        daily = Decimal(row["max_per_day"])
    return Drug(
        row["drug"],
        row["drug"],
        entry.key if entry else None,
        route=row["route"],
        form=row["form"],
        mg_per_day=daily,
        mg_per_dose=amount,
        started_on=DAY + timedelta(days=int(row["day"])),
    )


def interrupts(known: Knowledge, a: str, b: str) -> bool:
    """Whether one of the two stops the order of the other."""
    drugs = (Drug("a", a, a, started_on=DAY - timedelta(days=300)), Drug("b", b, b, started_on=DAY))
    judged = check(Regimen(DAY, drugs, Facts(age_years=44), Action("start", frozenset({"b"}))), known)
    return any(card.is_interruptive for card in judged.cards)


if __name__ == "__main__":
    main()
