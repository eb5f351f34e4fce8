"""How long a stopped drug still counts."""

from interactions.engine import pair_conditions
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.rulebook import PairRule
from interactions.engine.severity import Severity

LITERAL = {"opioid_withdrawal_or_block", "contraceptive_failure"}
MAOI_PROBLEMS = {"serotonin_toxicity", "hypertensive_crisis"}


def counts(days_since_stop: int, window: int) -> bool:
    """A wait of N days means that day N is free again. Less than one day since the last dose is still taken."""
    return days_since_stop <= 0 or days_since_stop < window


def of_rule(
    rule: PairRule,
    *,
    value: int | None,
    selector: str,
    member: CatalogueDrug,
    other: CatalogueDrug,
    smoking_days: int | None,
) -> int:
    """Days after the last dose of `member` in which the rule still speaks; `value` is the figure of its side.

    The longer of the figure and the drug's own washout counts. A figure for a class is that of its slowest: a faster
    member counts for its own washout only. `smoking_days` is how long its end is an event, for what is smoked.
    """
    if smoking_days is not None and pair_conditions.SMOKING_CHANGED in rule.tokens:
        return smoking_days + 1
    persistence = member.washout_days or 0
    if value is None:
        return persistence if rule.severity >= Severity.MAJOR else 0
    if rule.problem in LITERAL:
        return max(value, persistence) if member.is_long_acting else value
    if other.is_mao_inhibitor and rule.problem in MAOI_PROBLEMS:
        persistence = max(persistence, member.maoi_wait_days or 0)
    return persistence if selector.startswith("set:") else max(value, persistence)


def of_grade(severity: Severity, member: CatalogueDrug) -> int:
    """The same for a pair of a data set, which knows no windows: what is major counts until the drug is gone."""
    return member.washout_days or 0 if severity >= Severity.MAJOR else 0
