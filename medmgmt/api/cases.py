"""A case as somebody else's system tells it, turned into a regimen; the judgement on it, turned into an answer."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from interactions.engine.findings import Finding, Judgement, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.severity import Severity

Case = Mapping[str, Any]
UNITS = {
    "sodium": {"mmol/L": Decimal(1), "meq/L": Decimal(1)},
    "potassium": {"mmol/L": Decimal(1), "meq/L": Decimal(1)},
    "magnesium": {"mmol/L": Decimal(1), "mg/dL": Decimal(1) / Decimal("2.43")},
    "qtc": {"ms": Decimal(1)},
    "heart_rate": {"/min": Decimal(1), "{beats}/min": Decimal(1)},
}
"""Results the engine asks for, in the UCUM units they may come in, with the factor to the engine's own unit.

Magnesium: 1 mmol/L is 2.43 mg/dL (atomic mass 24.305 g/mol).
"""
PROPOSED = "proposed"
BEGINS = ("start", "resume", "change_dose", "refill", "administer")


def regimen(case: Case, knowledge: Knowledge) -> tuple[Regimen, list[NotChecked]]:
    """What is taken on the day of the case with the proposal carried out, and what of the case was left out."""
    day: date = case["as_of"]
    listed = [
        drug(f"current-{place}", taken, day, knowledge) for place, taken in enumerate(case["current_meds"], start=1)
    ]
    later = [each for each in listed if each.started_on and each.started_on > day]
    proposed = case.get("proposed") or {}
    drugs = with_proposal([each for each in listed if each not in later], proposed, day, knowledge)
    left_out = [NotChecked((each.ref,), each.name, "It begins after the day of the case.") for each in later]
    left_out += [NotChecked((), name, "Its unit is not one this service knows.") for name in unread(case)]
    return Regimen(day=day, drugs=tuple(drugs), facts=facts(case)), left_out


def drug(ref: str, taken: Case, day: date, knowledge: Knowledge) -> Drug:
    """One medicine of the case; its name is resolved like a person's typing: name, brand or RxCUI."""
    name = str(taken["drug"]).strip()
    is_code = name.isdecimal() and len(name) < 10
    known = knowledge.catalogue.resolve("" if is_code else name, int(name) if is_code else None)
    stop: date | None = taken.get("stop")
    return Drug(
        ref=ref,
        name=known.name if known else name,
        key=known.key if known else None,
        rxcui=known.rxcui if known else None,
        route=taken.get("route") or "",
        form=taken.get("form") or "",
        mg_per_day=amount(taken),
        started_on=taken.get("start"),
        stopped_on=stop if stop and stop <= day else None,
    )


def amount(taken: Case) -> Decimal | None:
    """Milligrams a day, as the case says; None where it does not, or where it says none."""
    stated: Decimal | None = taken.get("total_daily_mg")
    return stated or None


def with_proposal(drugs: Sequence[Drug], proposed: Case, day: date, knowledge: Knowledge) -> list[Drug]:
    """The medicines as they would be once the proposal is carried out."""
    action = proposed.get("action") or "none"
    if action == "none" or not proposed.get("drug"):
        return list(drugs)
    meant = drug(PROPOSED, proposed, day, knowledge)
    same = [each for each in drugs if is_same(each, meant)]
    others = [each for each in drugs if each not in same]
    if action == "stop":
        return others + [replace(each, stopped_on=each.stopped_on or day) for each in same]
    known = same[-1] if same else replace(meant, started_on=day)
    begun = replace(known, stopped_on=None, mg_per_day=meant.mg_per_day or known.mg_per_day)
    return [*others, begun] if action in BEGINS else list(drugs)


def is_same(one: Drug, other: Drug) -> bool:
    """Whether two names of the case mean the same medicine."""
    if one.key is not None or other.key is not None:
        return one.key == other.key
    return one.name.casefold() == other.name.casefold()


def facts(case: Case) -> Facts:
    """What the case says about the person, as far as the engine asks for it."""
    patient: Case = case.get("patient") or {}
    smoking: Case = patient.get("smoking") or {}
    changed: int | None = smoking.get("changed_days")
    results = {name: newest(name, case) for name in UNITS}
    return Facts(
        age_years=patient.get("age"),
        sex=patient.get("sex") or "",
        weight_kg=patient.get("weight_kg"),
        pregnant=patient.get("pregnant"),
        breastfeeding=patient.get("breastfeeding"),
        egfr=patient.get("egfr"),
        hepatic_class=patient.get("hepatic") or "",
        alcohol=patient.get("alcohol") or "",
        smoking=smoking.get("status") or "",
        smoking_changed_on=None if changed is None else case["as_of"] - timedelta(days=changed),
        sodium=results["sodium"],
        potassium=results["potassium"],
        magnesium=results["magnesium"],
        qtc_ms=whole(results["qtc"]),
        heart_rate=whole(results["heart_rate"]),
    )


def newest(name: str, case: Case) -> Decimal | None:
    """The latest result of that name up to the day of the case, in the engine's unit; None where there is none."""
    found = [
        (result.get("date") or case["as_of"], result["value"] * UNITS[name][result["unit"]])
        for result in case.get("labs") or []
        if result.get("name") == name and result.get("value") is not None and result.get("unit") in UNITS[name]
    ]
    known = [each for each in found if each[0] <= case["as_of"]]
    return max(known)[1] if known else None


def unread(case: Case) -> list[str]:
    """Results the engine would ask for, in units that nobody here can convert."""
    labs = case.get("labs") or []
    return sorted(
        {each["name"] for each in labs if each.get("name") in UNITS and each.get("unit") not in UNITS[each["name"]]}
    )


def whole(number: Decimal | None) -> int | None:
    """A measured number without its fraction."""
    return None if number is None else int(number)


def answer(case: Case, judgement: Judgement, knowledge: Knowledge, left_out: Iterable[NotChecked]) -> dict[str, Any]:
    """The answer to one case: findings, cards, what was not checked, and the knowledge behind it."""
    cards = gathered(judgement.findings)
    card_of = {finding.key: number for number, group in enumerate(cards, start=1) for finding in group}
    not_checked = [*judgement.not_checked, *left_out]
    return {
        "id": case["id"],
        "findings": [shown(finding, card_of.get(finding.key)) for finding in judgement.findings],
        "cards": [card(number, group) for number, group in enumerate(cards, start=1)],
        "not_checked": [{"what": each.what, "why": each.why} for each in not_checked],
        "knowledge": [
            {"release": source.label, "version": source.version, "date": source.released_on}
            for source in knowledge.sources
        ],
    }


def shown(finding: Finding, number: int | None) -> dict[str, Any]:
    """One finding with every source's own grade."""
    lead = finding.sources[0]
    return {
        "type": finding.kind,
        "severity": finding.severity.word,
        "problem": finding.problem,
        "drugs": list(finding.drugs),
        "summary": finding.summary,
        "mechanism": finding.mechanism,
        "management": finding.management,
        "onset": finding.onset,
        "sources": [
            {
                "release": grade.label,
                "version": grade.version,
                "date": grade.released_on,
                "severity": grade.severity.word,
                "rule": grade.rule_id,
                "citation": grade.citation,
            }
            for grade in finding.sources
        ],
        "release": f"{lead.label} {lead.version}",
        "card": f"card-{number}" if number else None,
    }


def gathered(findings: Iterable[Finding]) -> list[list[Finding]]:
    """Findings put together by clinical problem and shared drugs, most severe first; ungraded ones are no alert."""
    groups: list[list[Finding]] = []
    for finding in findings:
        if finding.severity == Severity.UNGRADED:
            continue
        related = [group for group in groups if finding.problem and is_related(finding, group)]
        groups = [group for group in groups if group not in related]
        groups.append([each for group in related for each in group] + [finding])
    return sorted(groups, key=lambda group: (-max(each.severity for each in group), group[0].key))


def is_related(finding: Finding, group: Sequence[Finding]) -> bool:
    """Whether the finding is one more of the same problem around the same drugs."""
    return any(finding.problem == each.problem and set(finding.drugs) & set(each.drugs) for each in group)


def card(number: int, group: Sequence[Finding]) -> dict[str, Any]:
    """One clinical problem, told by its most severe finding."""
    lead = max(group, key=lambda finding: finding.severity)
    return {
        "card": f"card-{number}",
        "problem": lead.problem,
        "severity": lead.severity.word,
        "interruptive": lead.severity >= Severity.MAJOR,
        "summary": lead.summary,
        "drugs": sorted({name for finding in group for name in finding.drugs}),
    }
