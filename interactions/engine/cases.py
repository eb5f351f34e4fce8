"""A case as somebody tells it in JSON, turned into a regimen; the judgement on it, turned into the answer."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from interactions.engine import alternatives, information, written
from interactions.engine.card_tables import CardTables
from interactions.engine.catalogue import CatalogueDrug, normal
from interactions.engine.check import check
from interactions.engine.findings import Card, Finding, Judgement, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Action, Allergy, CrossTaper, Drug, Facts, Lab, Regimen, Symptom
from interactions.lines import daily, reading
from interactions.lines.line import Line, NotUnderstood

Case = Mapping[str, Any]
PROPOSED = "proposed"
BEGINS = ("start", "resume", "change_dose", "refill", "administer")
ROUTES = {
    "ORAL": "PO", "BY MOUTH": "PO", "NASAL": "IN", "TRANSDERMAL": "TD", "PATCH": "TD", "INTRAMUSCULAR": "IM",
    "SUBCUTANEOUS": "SC", "SUBLINGUAL": "SL", "INTRAVENOUS": "IV", "TOPICAL": "TOP", "INHALED": "INH",
    "OPHTHALMIC": "OPH", "OTIC": "OTIC", "RECTAL": "PR", "VAGINAL": "PV", "BUCCAL": "BUCC",
}  # fmt: skip
FORM_WORDS = ("IR", "ER", "XR", "XL", "SR", "CR", "DR", "ODT", "LA")
MASS = re.compile(r"(\d+(?:\.\d+)?)\s*mg\b", re.IGNORECASE | re.ASCII)
OTHER_ROUTE = re.compile(
    r"\b(im|iv|sc|sl|inj\w*|patch|nasal|spray|topical|inhal\w*|drops?|infusion|depot|cream|ointment|gel|lotion|"
    r"shampoo|foam|rub|suppositor\w+|vaginal\w*|rectal\w*|on the skin|ophthalmic|otic|eyes?|ears?)\b",
    re.IGNORECASE,
)
WITHOUT_FOOD = re.compile(r"empty stomach|fasting|without food|without a meal|before (a |the )?(meal|breakfast)", re.I)
WITH_FOOD = re.compile(
    r"with (\w+ ){0,2}(food|meals?|breakfast|lunch|dinner|supper|snack)\b|after (a |the )?meal", re.I
)
RECENT_DAYS = 90
"""A lab as old as this no longer raises or lowers a tier."""
SWITCHING = re.compile(r"cross[- ]?taper|switching", re.IGNORECASE)


def review(case: Case, knowledge: Knowledge) -> dict[str, Any]:
    """The whole answer to one case; the day is the case's own."""
    regimen, left_out = regimen_of_case(case, knowledge)
    return answer(case, check(regimen, knowledge), knowledge, left_out, regimen)


def each(document: Any) -> list[Case]:
    """The cases of a document: one case, a list of cases, or {"vignettes": [...]}."""
    return list(document.get("vignettes", [document]) if isinstance(document, Mapping) else document)


def reviewed(document: Any, knowledge: Knowledge) -> dict[str, Any]:
    """The answers to the cases of a document, in their order."""
    return {"cases": [review(case, knowledge) for case in each(document)]}


def regimen_of_case(case: Case, knowledge: Knowledge) -> tuple[Regimen, list[NotChecked]]:
    """What is taken on the day of the case with the proposal carried out, and what of the case was left out."""
    day = _day(case["as_of"])
    assert day is not None, "a case has its day"
    listed = [
        drug(f"current-{place}", taken, knowledge)
        for place, taken in enumerate(case.get("current_meds") or [], start=1)
    ]
    later = [one for one in listed if one.started_on and one.started_on > day]
    left_out = [NotChecked((one.ref,), one.name, "It begins after the day of the case.") for one in later]
    present = [replace(one, stopped_on=_past(one.stopped_on, day)) for one in listed if one not in later]
    drugs, action = with_proposal(present, case.get("proposed") or {}, day, knowledge)
    known = facts(case, day, knowledge, left_out)
    tapers = _cross_tapers(case, drugs, day)
    return Regimen(day, tuple(drugs), replace(known, cross_tapers=tapers), action), left_out


def _past(stop: date | None, day: date) -> date | None:
    return stop if stop and stop <= day else None


def drug(ref: str, taken: Case, knowledge: Knowledge) -> Drug:
    """One medicine of the case; its name is resolved like a person's typing: name, brand or RxCUI."""
    name = str(taken.get("drug") or "").strip()
    is_code = name.isdecimal() and len(name) < 10
    known = knowledge.catalogue.resolve("" if is_code else name, int(name) if is_code else taken.get("rxcui"))
    frequency = str(taken.get("frequency") or "")
    if known is None and (whole := _read(name)) is not None and whole.drug:
        name, frequency = whole.drug, f"{whole.rest} {frequency}".strip()
        known = knowledge.catalogue.resolve(name)
    total = _decimal(taken.get("total_daily_mg")) or None
    line = _read(frequency, name)
    if total is None and line is not None:
        total = daily.mg_per_day(line)
    route = str(taken.get("route") or "").strip().upper()
    return Drug(
        ref=ref,
        name=known.name if known else name,
        key=known.key if known else None,
        rxcui=known.rxcui if known else None,
        route=ROUTES.get(route, route) or _usual_route(known, f"{taken.get('form') or ''} {name} {frequency}"),
        form=_form(str(taken.get("form") or ""), f"{name} {frequency}", knowledge),
        mg_per_day=total,
        started_on=_day(taken.get("start")),
        stopped_on=_day(taken.get("stop")),
        mg_per_dose=_decimal(taken.get("dose_mg")) or (line and daily.mg_per_dose(line)) or _single(frequency, total),
        days_a_week=daily.days_a_week(rhythm) if (rhythm := line or _rhythm(frequency)) else None,
        dose_unknown=_unknown(frequency, name) if total is None else "",
        food=_food(frequency),
        ordered_as="" if known is None or is_code or normal(name) == known.key else normal(name),
    )


def _usual_route(known: CatalogueDrug | None, frequency: str) -> str:
    """Without a word about the route a medicine is swallowed, unless it is a depot or the sig says otherwise."""
    if known is None or known.is_long_acting or OTHER_ROUTE.search(frequency):
        return ""
    return "PO"


def _form(form: str, frequency: str, knowledge: Knowledge) -> str:
    """The form with what name and sig say of it: "150 mg XL every morning" is XL, "2 % shampoo" a shampoo."""
    told = [word for word in FORM_WORDS if re.search(rf"\b{word}\b", frequency)]
    said = frequency.casefold()
    told += [found[0] for words, _ in knowledge.formulary.by_route.forms if (found := words.search(said))][:1]
    return " ".join(dict.fromkeys([form, *told])).strip()


def _food(frequency: str) -> str:
    """with_food or without_food, where the sig says it: "with the evening meal", "on an empty stomach"."""
    if WITHOUT_FOOD.search(frequency):
        return "without_food"
    return "with_food" if WITH_FOOD.search(frequency) else ""


def _read(text: str, name: str = "") -> Line | None:
    """The line as an order is read, with the strength of a product that is named; None for what no order knows."""
    try:
        line, (_name, strength, _form) = reading.read(text, name), reading.label(name) if name else ("", "", "")
    except NotUnderstood:
        return None
    return line if line.strength else replace(line, strength=strength)


def _rhythm(frequency: str) -> Line | None:
    """How often, where the sig says no dose: "once weekly"."""
    return _read(f"1 dose {frequency}")


def _unknown(frequency: str, name: str) -> str:
    """Why the dose is not known in milligrams, where the case says one; empty where it says none."""
    if not re.search(r"\d", frequency) or _rhythm(frequency):
        return ""
    try:
        reading.read(frequency, name)
    except NotUnderstood as asked:
        return str(asked)
    return f"“{frequency}” does not say how many milligrams a day that is."


def _single(frequency: str, total: Decimal | None) -> Decimal | None:
    """The largest single dose: the largest figure of a sig that no order knows, else the total when taken once."""
    figures = [Decimal(found) for found in MASS.findall(frequency)]
    if figures:
        return max(figures)
    return total if re.search(r"\b(once|daily|bedtime|qhs|every morning|nightly)\b", frequency, re.IGNORECASE) else None


def with_proposal(drugs: Sequence[Drug], proposed: Case, day: date, knowledge: Knowledge) -> tuple[list[Drug], Action]:
    """The medicines as they would be once the proposal is carried out, and what it acts on."""
    kind = proposed.get("action") or "none"
    if kind == "none" or not proposed.get("drug"):
        return list(drugs), Action(str(kind))
    meant = drug(PROPOSED, proposed, knowledge)
    same = [one for one in drugs if is_same(one, meant)]
    others = [one for one in drugs if one not in same]
    if kind == "stop":
        stopped = [replace(one, stopped_on=one.stopped_on or day) for one in same]
        return [*others, *stopped], Action("stop", frozenset(one.ref for one in stopped))
    if kind not in BEGINS:
        return list(drugs), Action(str(kind))
    active = [one for one in same if one.stopped_on is None]
    if kind == "start" or not same:
        begun = replace(meant, started_on=day)
        kept = [one for one in same if one.stopped_on is None or one.stopped_on < day]
        return [*others, *kept, begun], Action("start" if not same else str(kind), frozenset({PROPOSED}))
    base = (active or same)[-1]
    return [*others, *[one for one in same if one is not base], _changed(base, meant, kind, day)], Action(
        str(kind), _acted(base, meant, kind)
    )


def _changed(base: Drug, meant: Drug, kind: str, day: date) -> Drug:
    known = replace(base, mg_per_day=None, mg_per_dose=None) if meant.dose_unknown else base
    dose = meant.mg_per_day or known.mg_per_day
    is_new_dose = kind == "resume" or dose != base.mg_per_day
    return replace(
        base,
        stopped_on=None,
        mg_per_day=dose,
        mg_per_dose=meant.mg_per_dose or known.mg_per_dose,
        days_a_week=meant.days_a_week or base.days_a_week,
        dose_unknown=meant.dose_unknown if dose is None else "",
        form=meant.form or base.form,
        route=meant.route or base.route,
        changed_on=day if is_new_dose else base.changed_on,
    )


def _acted(base: Drug, meant: Drug, kind: str) -> frozenset[str]:
    """A lower dose and a plain refill bring nothing new."""
    lower = meant.mg_per_day is not None and base.mg_per_day is not None and meant.mg_per_day < base.mg_per_day
    return frozenset() if kind == "refill" or (kind == "change_dose" and lower) else frozenset({base.ref})


def is_same(one: Drug, other: Drug) -> bool:
    """Whether two names of the case mean the same medicine."""
    if one.key is not None or other.key is not None:
        return one.key == other.key
    return one.name.casefold() == other.name.casefold()


def facts(case: Case, day: date, knowledge: Knowledge, left_out: list[NotChecked]) -> Facts:
    """What the case says about the person; a lab in a unit that nobody knows is named in `left_out`."""
    patient: Case = case.get("patient") or {}
    smoking: Case = patient.get("smoking") or {}
    changed = _whole(_decimal(smoking.get("changed_days")))
    labs = measured(case.get("labs") or [], day, knowledge, left_out)
    recent = {lab.name: lab.value for lab in labs if (day - lab.on).days <= RECENT_DAYS}
    alcohol = str(patient.get("alcohol") or "")
    return Facts(
        age_years=_whole(_decimal(patient.get("age"))),
        sex=str(patient.get("sex") or ""),
        weight_kg=_decimal(patient.get("weight_kg")) or recent.get("weight"),
        pregnant=patient.get("pregnant"),
        breastfeeding=patient.get("breastfeeding"),
        egfr=_first(_decimal(patient.get("egfr")), recent.get("egfr")),
        hepatic_class=str(patient.get("hepatic") or "").upper(),
        alcohol=alcohol,
        grapefruit=str(patient.get("grapefruit") or ""),
        food=str(patient.get("food") or ""),
        smoking=str(smoking.get("status") or ""),
        smoking_changed_on=None if changed is None else day - timedelta(days=changed),
        smoking_change=str(smoking.get("change") or ""),
        sodium=recent.get("sodium"),
        potassium=recent.get("potassium"),
        magnesium=recent.get("magnesium"),
        qtc_ms=_whole(recent.get("qtc")),
        heart_rate=_whole(recent.get("heart_rate")),
        pregnancy_potential=patient.get("pregnancy_potential"),
        genotype=tuple((str(gene), str(state)) for gene, state in (patient.get("genotype") or {}).items()),
        ancestry=str(patient.get("ancestry") or ""),
        conditions=tuple(str(text) for text in patient.get("conditions") or []),
        allergies=tuple(map(_allergy, patient.get("allergies") or [])),
        labs=labs,
        symptoms=tuple(
            Symptom(str(one.get("term") or ""), _day(one.get("onset")), str(one.get("note") or ""))
            for one in case.get("symptoms") or []
        ),
    )


def _first(*values: Decimal | None) -> Decimal | None:
    return next((value for value in values if value is not None), None)


def _allergy(one: Case) -> Allergy:
    return Allergy(str(one.get("drug") or "").strip(), reaction=str(one.get("reaction") or ""))


def measured(labs: Iterable[Case], day: date, knowledge: Knowledge, left_out: list[NotChecked]) -> tuple[Lab, ...]:
    """The newest value of each lab by the day, in the unit of the knowledge, with the one before it."""
    found: dict[str, list[Lab]] = {}
    for one in labs:
        named = knowledge.formulary.observables.called(str(one.get("name") or ""), str(one.get("loinc") or ""))
        value, on = _decimal(one.get("value")), _day(one.get("date")) or day
        if named is None or value is None or on > day:
            continue
        converted = named.in_unit(value, str(one.get("unit") or ""))
        if converted is None:
            left_out.append(NotChecked((), named.name, f"the unit {one.get('unit')} is not understood"))
            continue
        found.setdefault(named.code, []).append(Lab(named.code, converted, on))
    newest = []
    for values in found.values():
        values.sort(key=lambda lab: lab.on)
        newest.append(replace(values[-1], earlier=values[-2].value if len(values) > 1 else None))
    return tuple(sorted(newest, key=lambda lab: lab.name))


def _cross_tapers(case: Case, drugs: Sequence[Drug], day: date) -> tuple[CrossTaper, ...]:
    """Medicines whose sig says that they are being switched."""
    sigs = [str(one.get("frequency") or "") for one in case.get("current_meds") or []]
    named = {f"current-{place}" for place, sig in enumerate(sigs, start=1) if SWITCHING.search(sig)}
    if SWITCHING.search(str((case.get("proposed") or {}).get("frequency") or "")):
        named.add(PROPOSED)
    if not named:
        return ()
    youngest = max(drugs, key=lambda one: one.started_on or date.min, default=None)
    refs = named | ({youngest.ref} if youngest else set())
    since = youngest.started_on if youngest and youngest.started_on else day
    return (CrossTaper(frozenset(refs), since),) if len(refs) > 1 else ()


def _day(value: Any) -> date | None:
    """A date, or the day of a date and time; None where there is none."""
    if value is None or isinstance(value, date):
        return value
    text = str(value).strip()
    return date.fromisoformat(text[:10]) if text else None


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, str):
        return written.number(value)
    told = Decimal(str(value)) if isinstance(value, int | float | Decimal) and not isinstance(value, bool) else None
    return told if told is not None and told.is_finite() else None


def _whole(number: Decimal | None) -> int | None:
    return None if number is None else int(number)


def answer(
    case: Case, judgement: Judgement, knowledge: Knowledge, left_out: Iterable[NotChecked], regimen: Regimen
) -> dict[str, Any]:
    """The answer to one case: findings, cards, what was not checked, and the knowledge behind it."""
    numbers = {card.name: f"card-{place}" for place, card in enumerate(judgement.cards, start=1)}
    card_of = {finding.key: numbers[card.name] for card in judgement.cards for finding in card.findings}
    instead = alternatives.alternatives_for(regimen, judgement, knowledge)
    not_checked = [*judgement.not_checked, *left_out]
    return {
        "id": case["id"],
        "findings": [
            shown(finding, kind, card_of.get(finding.key), instead.get(finding.card, ""), knowledge.formulary.cards)
            for finding in judgement.findings
            for kind in (finding.kind, *finding.also)
        ],
        "cards": [_card(numbers[card.name], card) for card in judgement.cards],
        "not_checked": [{"what": one.what, "why": one.why} for one in not_checked],
        "knowledge": [
            {"release": source.label, "version": source.version, "date": source.released_on.isoformat()}
            for source in knowledge.sources
        ],
    }


def shown(finding: Finding, kind: str, card: str | None, instead: str, tables: CardTables) -> dict[str, Any]:
    """One finding with every source's own grade; what it also counts as is said once under each kind.

    What the finding leaves open is said by the tables, or that it is not known; see `information`.
    """
    lead = finding.sources[0]
    told = information.of_finding(finding)
    return {
        "type": kind,
        "severity": finding.severity.word,
        "problem": finding.problem,
        "drugs": list(finding.drugs),
        "summary": finding.summary,
        "mechanism": finding.mechanism or information.completed(told, "effect", tables).text,
        "management": ". ".join(filter(None, (information.completed(told, "management", tables).text, instead))),
        "onset": information.completed(told, "onset", tables).text,
        "sources": [
            {
                "release": grade.label,
                "version": grade.version,
                "date": grade.released_on.isoformat(),
                "severity": grade.severity.word,
                "rule": grade.rule_id,
                "citation": grade.citation,
            }
            for grade in finding.sources
        ],
        "release": f"{lead.label} {lead.version}",
        "card": card,
    }


def _card(number: str, card: Card) -> dict[str, Any]:
    return {
        "card": number,
        "problem": card.problem,
        "severity": card.severity.word,
        "interruptive": card.is_interruptive,
        "summary": card.summary,
        "drugs": list(card.drugs),
    }
