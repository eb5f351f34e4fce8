"""A start or a rise above every pattern that fits: too much too soon."""

from datetime import timedelta
from decimal import Decimal

from interactions.engine import person
from interactions.engine.course_tables import Pattern, Step
from interactions.engine.rules.courses import Turn, is_of_form, plain
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KIND = "titration"


def drafts(situation: Situation, turn: Turn) -> list[Draft]:
    """At most one: by the pattern that allows most on this day. Where all have reached their end, limits speak."""
    before = turn.before
    if turn.now == 0 or before is None or turn.now <= before:
        return []
    patterns = situation.formulary.courses.patterns.get(turn.key, ())
    fitting = [one for one in patterns if is_of_form(one.form, turn) and person.holds(one.when, turn.view).holds]
    number = (situation.day - turn.began_on).days + 1
    steps = [(pattern, step) for pattern in fitting if (step := _step(pattern, number)) is not None]
    if not steps or any(step.to_day is None or turn.now <= step.most for _pattern, step in steps):
        return []
    pattern, step = max(steps, key=lambda one: (one[1].most, one[1].is_hard, one[1].severity, one[1].row_id))
    is_far = turn.now > step.most * situation.numbers.far_above_times
    severity = step.severity if step.is_hard or is_far else min(step.severity, Severity.MINOR)
    held = person.holds(pattern.when, turn.view)
    name = situation.name(turn.key)
    said = f"{name} {plain(turn.now)} mg a day on day {number}: this step allows {plain(step.most)} mg."
    return [
        Draft(
            KIND,
            step.problem,
            severity,
            (turn.key, *dict.fromkeys(held.others)),
            f"{said} {step.says}",
            f"{step.says} {_later(pattern, turn)}".strip(),
            step.row_id,
            citation=step.source,
            confidence=step.confidence,
            factors=held.why,
            context=held.context,
            is_event=True,
        )
    ]


def _step(pattern: Pattern, number: int) -> Step | None:
    return next((step for step in reversed(pattern.steps) if step.from_day <= number), None)


def _later(pattern: Pattern, turn: Turn) -> str:
    """ "100 mg a day no earlier than day 29 (2025-03-29)"; empty where the pattern never allows it."""
    step = next((step for step in pattern.steps if step.most >= turn.now), None)
    if step is None:
        return ""
    on = turn.began_on + timedelta(days=step.from_day - 1)
    dose: Decimal = turn.now
    return f"{plain(dose)} mg a day no earlier than day {step.from_day} ({on.isoformat()})."
