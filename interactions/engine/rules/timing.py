"""Dates that matter, in words: when a wait is over, and how a level moves once a drug that changed it has stopped."""

from collections.abc import Iterator
from datetime import date, timedelta

from interactions.engine.derived_tables import Derived
from interactions.engine.findings import Wait
from interactions.engine.rules.derived import of_pair
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation


def of_wait(wait: Wait) -> str:
    """ "phenelzine was last taken on 2025-03-04: wait 14 days (2 weeks), earliest 2025-03-18"."""
    weeks = f" ({wait.days // 7} weeks)" if wait.days % 7 == 0 and wait.days else ""
    return (
        f"{wait.drug} was last taken on {wait.last_on.isoformat()}: wait {wait.days} days{weeks} after the last dose, "
        f"earliest {wait.over_on.isoformat()}"
    )


def of_stop(situation: Situation, a: Seat, b: Seat) -> str:
    """How the level of one moves because the other has stopped, or is stopped now; empty when nothing does."""
    told = [text for one, stopped in _changes(situation, a, b) for text in [_text(one, stopped, situation)]]
    return " ".join(dict.fromkeys(told))


def _changes(situation: Situation, a: Seat, b: Seat) -> Iterator[tuple[Derived, Seat]]:
    if a.profile is None or b.profile is None:
        return
    for one in of_pair(a.profile, b.profile, situation):
        stopped = a if one.acts == a.rules_entry.key else b
        if one.code in ("D01", "D02", "D03") and is_stopping(situation, stopped):
            yield one, stopped


def is_stopping(situation: Situation, seat: Seat) -> bool:
    """No longer taken, or the present action is to stop it."""
    is_stopped_now = situation.action.kind == "stop" and seat.drug.ref in situation.action.refs
    return seat.drug.stopped_on is not None or is_stopped_now


def _text(one: Derived, stopped: Seat, situation: Situation) -> str:
    last = stopped.drug.stopped_on or situation.day
    days = max(1, stopped.profile.washout_days if stopped.profile else 1)
    if one.is_induction:
        numbers = situation.numbers
        after = numbers.first_check_after_inducer_days, numbers.second_check_after_inducer_days
        checks = " and ".join(_on(last, day) for day in after)
        return (
            f"{one.acts} has stopped (last dose {last.isoformat()}): induction fades over about {days} days and "
            f"the level of {one.suffers} will rise; follow up on {checks} and lower the dose as needed."
        )
    falls = "rise again" if one.problem == "exposure_decrease" else "fall"
    return (
        f"{one.acts} has stopped (last dose {last.isoformat()}): inhibition is gone by {_on(last, days)} and "
        f"the level of {one.suffers} will {falls}; re-check and adjust its dose then."
    )


def _on(last: date, days: int) -> str:
    return (last + timedelta(days=days)).isoformat()
