"""A drug taken up again after a pause: tolerance is lost, and the old dose may be too much."""

from decimal import Decimal

from interactions.engine import person
from interactions.engine.course_tables import ELSEWHERE, GOES_ON, Restart
from interactions.engine.rules.courses import Turn, is_of_form, plain
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.situation import Situation

KIND = "retitration"
HUNDRED = Decimal(100)


def drafts(situation: Situation, turn: Turn) -> list[Draft]:
    """What each rule on a pause of this length says; silent where the dose is low enough to begin again with."""
    last = turn.last_taken_on
    if last is None or turn.now == 0:
        return []
    days = (situation.day - last).days
    found = []
    for rule in situation.formulary.courses.restarts.get(turn.key, ()):
        if rule.action in (GOES_ON, ELSEWHERE) or not rule.is_after(days) or not is_of_form(rule.form, turn):
            continue
        held = person.holds(rule.when, turn.view)
        if not held.holds or _is_low(rule, turn):
            continue
        said = f"{situation.name(turn.key)} {plain(turn.now)} mg a day, {days} days after the last dose"
        advice = f"{rule.advice}. Look at: {rule.also_check}" if rule.also_check else rule.advice
        found.append(
            Draft(
                KIND,
                rule.problem,
                rule.severity,
                (turn.key,),
                f"{said} ({last.isoformat()}): {rule.advice}",
                advice,
                rule.rule_id,
                citation=rule.source,
                confidence=rule.confidence,
                factors=(f"{days} days without it", *held.why),
                context=held.context,
                is_event=True,
            )
        )
    return found


def _is_low(rule: Restart, turn: Turn) -> bool:
    if rule.most is not None:
        return turn.now <= rule.most
    return rule.percent is not None and turn.former is not None and turn.now <= turn.former * rule.percent / HUNDRED
