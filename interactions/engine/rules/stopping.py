"""A drug ended or cut at once after long use: withdrawal. Dose and duration count, and a taper that was followed."""

from datetime import timedelta
from decimal import Decimal

from interactions.engine import person
from interactions.engine.course_tables import Taper
from interactions.engine.rules.courses import Turn, plain
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KIND = "withdrawal_risk"
HUNDRED = Decimal(100)


def drafts(situation: Situation, turn: Turn) -> list[Draft]:
    """What the rules of this drug say of an end or a cut; nothing in a documented switch."""
    before, days_a_week = turn.before, turn.seat.drug.days_a_week
    if not before or turn.now >= before or not turn.run:
        return []
    if days_a_week is not None and days_a_week <= situation.numbers.seldom_days_a_week:
        return []
    if any(turn.seat.drug.ref in one.refs for one in situation.facts.cross_tapers):
        return []
    used = (situation.day - turn.began_on).days
    found = []
    for rule in situation.formulary.courses.tapers.get(turn.key, ()):
        if rule.severity is None or used < rule.from_days or _highest(turn) < rule.from_mg:
            continue
        held = person.holds(rule.when, turn.view)
        is_end = turn.now == 0
        is_too_much = not _is_end_of_taper(rule, turn, situation) if is_end else _is_steep(rule, turn, situation)
        if not held.holds or not is_too_much:
            continue
        severity = rule.severity if is_end else Severity(max(Severity.MINOR, rule.severity - 1))
        name = situation.name(turn.key)
        act = "stopped at once" if is_end else f"cut to {plain(turn.now)} mg"
        said = f"{name} {plain(before)} mg a day {act} after {used} days: {rule.syndrome or 'withdrawal'}"
        parts = [f"Taper: {rule.usual_taper}" if rule.usual_taper else "", rule.advice, rule.exception]
        found.append(
            Draft(
                KIND,
                rule.problem,
                severity,
                (turn.key,),
                said,
                ". ".join(part for part in parts if part),
                rule.rule_id,
                mechanism=rule.syndrome,
                citation=rule.source,
                confidence=rule.confidence,
                factors=(f"{used} days of use", *held.why),
                context=held.context,
                is_event=True,
            )
        )
    return found


def _highest(turn: Turn) -> Decimal:
    """mg a day, the most since it was begun."""
    return max((dose.mg_per_day for dose in turn.run if dose.mg_per_day is not None), default=Decimal(0))


def _is_end_of_taper(rule: Taper, turn: Turn, situation: Situation) -> bool:
    """Whether it has been coming down for long enough and stands low enough to be left off."""
    if rule.least_days == 0 and rule.most_percent is None:
        return True
    highest, before = _highest(turn), turn.before or Decimal(0)
    fell_on = next(
        (
            after.since
            for dose, after in reversed(list(zip(turn.run, turn.run[1:], strict=False)))
            if dose.mg_per_day == highest
        ),
        None,
    )
    if fell_on is None or before > highest * situation.numbers.taper_end_times:
        return False
    return (situation.day - fell_on).days >= rule.least_days


def _is_steep(rule: Taper, turn: Turn, situation: Situation) -> bool:
    """Whether what was taken off within one interval is far more than one cut may be."""
    if rule.most_percent is None:
        return False
    since = situation.day - timedelta(days=rule.interval_days)
    run = turn.run
    lately = [
        dose.mg_per_day
        for place, dose in enumerate(run)
        if dose.mg_per_day is not None and (place + 1 == len(run) or run[place + 1].since > since)
    ]
    highest = max(lately, default=Decimal(0))
    taken_off = (highest - turn.now) * HUNDRED
    return taken_off > highest * rule.most_percent * situation.numbers.steep_cut_times
