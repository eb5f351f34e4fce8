"""Doses: the day's total and the single dose against the limits that hold for this person, and adjustments due."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from interactions.engine import person
from interactions.engine.attributes import Profile
from interactions.engine.conditions import Held
from interactions.engine.findings import NotChecked
from interactions.engine.formulary import ConditionRule, DoseRule
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

CONTRAINDICATION = "contraindication_condition"
NEEDED = "not on record, and a dose rule of {} asks for it"
WHAT = {"day_max": "a day", "kg_day_max": "a day", "dose_max": "a dose", "days_a_week_max": "a week"}
Missing = tuple[str, str]
"""What is not known, and why."""
MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR


def judge(situation: Situation) -> tuple[list[Draft], list[NotChecked]]:
    """Every dose and condition rule of every drug of the day, and the facts that one of them needed."""
    found: list[Draft] = []
    missing: dict[Missing, set[str]] = {}
    for seat, profile in situation.active:
        doses = situation.formulary.doses.get(profile.key, ())
        conditions = situation.formulary.conditions.get(profile.key, ())
        if not doses and not conditions:
            continue
        view = view_of(situation, seat, profile)
        for rule in doses:
            held = person.holds(rule.when, view)
            unknown = tuple((fact, NEEDED.format(profile.key)) for fact in held.missing)
            if held.holds:
                draft, unknown = _dose(situation, rule, view, held)
                found += [draft] if draft else []
            for one in unknown:
                missing.setdefault(one, set()).update(situation.refs(profile.key))
        found += _conditions(situation, conditions, view)
    return found, [NotChecked(tuple(sorted(refs)), what, why) for (what, why), refs in missing.items()]


def view_of(situation: Situation, seat: Seat, profile: Profile) -> person.View:
    """One drug and the person, as the conditions of rules ask about them."""
    return person.View(
        seat.drug,
        profile,
        situation.facts,
        situation.codes,
        situation.present,
        situation.day,
        situation.asked,
        situation.numbers.smoking_change_days,
    )


def _conditions(situation: Situation, rules: Iterable[ConditionRule], view: person.View) -> Iterator[Draft]:
    key = view.profile.key
    for rule in rules:
        held = person.holds(rule.when, view)
        if held.holds:
            yield Draft(
                CONTRAINDICATION,
                rule.problem,
                rule.severity,
                (key, *held.others),
                f"{situation.name(key)} and {', '.join(held.why)}: {rule.action}",
                rule.action,
                rule.rule_id,
                citation=rule.source,
                confidence=rule.confidence,
                factors=held.why,
                context=held.context,
            )


def _dose(
    situation: Situation, rule: DoseRule, view: person.View, held: Held
) -> tuple[Draft | None, tuple[Missing, ...]]:
    """The finding of a rule that holds for this person, or what is missing to say so, and why it is."""
    if rule.check == "avoid":
        return _draft(situation, rule, view, held, rule.severity, f"{rule.action}"), ()
    if rule.check == "advise":
        return _draft(situation, rule, view, held, MINOR, rule.action), ()
    if rule.check == "factor":
        return _adjusted(situation, rule, view, held), ()
    assert rule.limit is not None
    if rule.check in ("start_max", "first_dose_max") and not _is_new(situation, view):
        return None, ()
    value, limit, unit = _measured(situation, rule, view)
    if limit is None:
        return None, (("weight", NEEDED.format(view.profile.key)),)
    if value is None:
        return None, _unknown(situation, rule, view, held)
    if value <= limit:
        return None, ()
    severity, factors = rule.severity, held.why
    is_far = value >= limit * situation.numbers.far_above_times
    if rule.severity < MAJOR and (is_far or view.profile.is_dose_critical) and rule.check == "day_max":
        severity = rule.severity.raised()
        factors = (*factors, "far above the limit" if is_far else "toxic in overdose")
    dose, most = _in_words(rule, value, limit, unit)
    summary = f"{situation.name(view.profile.key)} {dose}: maximum {most}"
    summary += f" ({', '.join(dict.fromkeys(held.why))})" if held.why else ""
    action = f"Maximum {most}. {rule.action}"
    return replace(_draft(situation, rule, view, held, severity, action), summary=summary, factors=factors), ()


def _in_words(rule: DoseRule, value: Decimal, limit: Decimal, unit: str) -> tuple[str, str]:
    """The dose and its limit; less than one day a week is every how many days."""
    what = WHAT.get(rule.check, "to start with")
    said, most = (f"{_plain(one)} {unit if one != 1 else unit.removesuffix('s')} {what}" for one in (value, limit))
    if rule.check == "days_a_week_max" and limit < 1:
        said = said if value > 1 else f"every {round(7 / value)} days"
        return said, f"once every {round(7 / limit)} days"
    return said, most


def _measured(situation: Situation, rule: DoseRule, view: person.View) -> tuple[Decimal | None, Decimal | None, str]:
    """The dose, its limit and the unit; no limit where the weight is needed and not on record."""
    key = view.profile.key
    lines = situation.lines(key)
    if rule.check in ("dose_max", "first_dose_max"):
        return _most([line.mg_per_dose for line in lines]), rule.limit, "mg"
    if rule.check == "days_a_week_max":
        return _most([line.days_a_week for line in lines]), rule.limit, "days"
    total = situation.total(key)
    if rule.check == "day_max":
        return situation.fullest(key), rule.limit, "mg"
    if rule.check == "kg_day_max":
        weight = situation.facts.weight_kg
        assert rule.limit is not None
        return total, None if weight is None else rule.limit * weight, "mg"
    return total, rule.limit, "mg"


def _most(values: Iterable[Decimal | None]) -> Decimal | None:
    return max((value for value in values if value is not None), default=None)


def _unknown(situation: Situation, rule: DoseRule, view: person.View, held: Held) -> tuple[Missing, ...]:
    """The dose that a limit would be held against, with why it is not known."""
    key = view.profile.key
    whys = sorted({line.dose_unknown for line in situation.lines(key) if line.dose_unknown})
    if whys:
        return tuple((f"dose of {situation.name(key)}", f"Dose not checked. {why}") for why in whys)
    is_asked = rule.check == "day_max" and held.why
    return ((f"daily dose of {key}", NEEDED.format(key)),) if is_asked else ()


def _is_new(situation: Situation, view: person.View) -> bool:
    """Started now: not a dose of somebody who has been taking it."""
    acted = situation.action.kind == "start" and view.drug.ref in situation.action.refs
    others = [s for s in situation.seats if s.rules_entry.key == view.profile.key and s.drug.ref != view.drug.ref]
    if acted:
        return not any(seat.is_active or seat.is_present for seat in others)
    start, newest = view.drug.started_on, timedelta(days=situation.numbers.new_dose_days)
    return start is not None and situation.day - start <= newest and not others and situation.action.kind == "none"


def _adjusted(situation: Situation, rule: DoseRule, view: person.View, held: Held) -> Draft:
    """A share of the usual dose: loud when it is new or the dose is above it, a reminder when both are settled."""
    keys = (view.profile.key, *held.others)
    assert rule.limit is not None
    usual = view.profile.max_mg_per_day
    total = situation.total(view.profile.key)
    is_above = usual is not None and total is not None and total > usual * rule.limit
    fresh = situation.is_acted_on(*keys) or any(
        not situation.is_steady(s.drug, situation.numbers.fresh_dose_days) and s.drug.started_on is not None
        for s in situation.seats
        if s.rules_entry.key in keys
    )
    is_event = "smoking stopped" in held.why
    severity = rule.severity if is_above or fresh or is_event else MINOR
    action = f"{rule.action} (x {rule.limit.normalize():f})"
    if usual is not None:
        action += f": at most {_plain(usual * rule.limit)} mg a day instead of {_plain(usual)} mg"
    return _draft(situation, rule, view, held, severity, action)


def _draft(
    situation: Situation, rule: DoseRule, view: person.View, held: Held, severity: Severity, action: str
) -> Draft:
    key = view.profile.key
    why = f" ({', '.join(dict.fromkeys(held.why))})" if held.why else ""
    return Draft(
        rule.types[0],
        rule.problem,
        severity,
        (key, *held.others),
        f"{situation.name(key)}{why}: {rule.action or action or 'see the label'}",
        action,
        rule.rule_id,
        citation=rule.source,
        confidence=rule.confidence,
        factors=held.why,
        context=held.context,
        also=rule.types[1:],
    )


def _plain(number: Decimal) -> str:
    """To four places, without a trailing zero."""
    return f"{round(number, 4).normalize():f}"
