"""What falls due within a week is told together, and no step of anything is told twice or lost."""

from collections import defaultdict
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from refills.messages import bundling
from refills.messages.bundling import Step, Telling, Thing, Today

MONDAY = date(2026, 11, 30)
CADENCE = (*(Step(f"refill_{days}", -days) for days in (7, 3, 1, 0)), *(Step(f"overdue_{n}", n) for n in (1, 3, 7)))


def supply(number: int, ends_on: date, *, early: int = 6, on_day: int = 6) -> Thing:
    return Thing("prescription", str(number), ends_on, CADENCE, number, early=early, early_on_day=on_day)


def told_over_time(things: list[Thing], first: date, days: int) -> list[Telling]:
    """Every morning's message goes, day after day, each planned anew from what was told before."""
    told: dict[bundling.Name, list[date]] = defaultdict(list)
    sent = []
    for offset in range(days):
        today = first + timedelta(days=offset)
        for telling in bundling.tellings(things, told, Today(today)):
            if telling.on == today:
                sent.append(telling)
        for telling in sent:
            if telling.on == today:
                told[telling.thing.name].append(today)
    return sent


def dates(found: list[Telling]) -> dict[date, set[str]]:
    days: dict[date, set[str]] = defaultdict(set)
    for one in found:
        days[one.on].add(one.thing.about_id)
    return days


def test_three_refills_due_in_one_week_are_one_message_at_every_step() -> None:
    week = [supply(n, MONDAY + timedelta(days=days)) for n, days in ((1, 0), (2, 2), (3, 4))]
    found = dates(bundling.tellings(week, {}, Today(MONDAY - timedelta(days=10))))
    assert sorted(found) == [MONDAY + timedelta(days=step.days) for step in CADENCE]
    assert all(about == {"1", "2", "3"} for about in found.values())


def test_what_may_lead_to_a_relapse_first_is_told_on_its_very_day() -> None:
    lithium = supply(2, MONDAY + timedelta(days=4), on_day=0)
    found = dates(bundling.tellings([supply(1, MONDAY), lithium], {}, Today(MONDAY - timedelta(days=10))))
    assert found[MONDAY] == {"1"}
    assert found[MONDAY + timedelta(days=4)] == {"2"}
    assert found[MONDAY - timedelta(days=7)] == {"1", "2"}


def test_refills_eight_days_apart_are_two_bundles() -> None:
    apart = [supply(1, MONDAY), supply(2, MONDAY + timedelta(days=8))]
    found = dates(bundling.tellings(apart, {}, Today(MONDAY - timedelta(days=10))))
    assert found[MONDAY - timedelta(days=7)] == {"1"}
    assert found[MONDAY + timedelta(days=1)] == {"1", "2"}, "what happens to fall on one day goes together"


def test_when_the_first_of_a_bundle_is_filled_the_rest_is_told_by_its_own_days() -> None:
    later = supply(2, MONDAY + timedelta(days=6))
    told = {later.name: [MONDAY + timedelta(days=days) for days in (-7, -3, -1, 0)]}
    found = bundling.tellings([later], told, Today(MONDAY, is_to_come=False))
    assert [(one.kind, one.on) for one in found][:2] == [
        ("refill_1", later.day - timedelta(days=1)),
        ("refill_0", later.day),
    ]


def test_a_test_joins_a_message_that_goes_anyway_and_never_comes_late() -> None:
    lab = Thing("lab", "lithium", MONDAY - timedelta(days=1), (Step("lab", 0),), early=0, early_on_day=3)
    found = dates(bundling.tellings([supply(1, MONDAY), lab], {}, Today(MONDAY - timedelta(days=10))))
    assert found[MONDAY - timedelta(days=1)] == {"1", "lithium"}
    alone = Thing("lab", "anc", MONDAY + timedelta(days=20), (Step("lab", 0),), early_on_day=3)
    found = dates(bundling.tellings([supply(1, MONDAY), alone], {}, Today(MONDAY - timedelta(days=10))))
    assert found[MONDAY + timedelta(days=20)] == {"anc"}


def fewest(days: list[date], early: int) -> int:
    """The least number of messages that tell each of these at most so many days early; counted from the other end."""
    best = {len(days): 0}
    for first in range(len(days) - 1, -1, -1):
        fitting = [end for end in range(first + 1, len(days) + 1) if (days[end - 1] - days[first]).days <= early]
        best[first] = min(1 + best[end] for end in fitting)
    return best[0]


ends = st.lists(st.integers(min_value=8, max_value=45), min_size=1, max_size=9)


@settings(deadline=None)
@given(ends)
def test_groups_are_as_few_as_can_be(offsets: list[int]) -> None:
    things = sorted((supply(n, MONDAY + timedelta(days=days)) for n, days in enumerate(offsets)), key=lambda t: t.day)
    found = list(bundling.groups(things, lambda one: one.early))
    assert len(found) == fewest([thing.day for thing in things], 6)
    assert [thing for group in found for thing in group] == things


@settings(deadline=None)
@given(ends, st.integers(min_value=0, max_value=6))
def test_every_step_of_every_refill_is_told_exactly_once_in_order_and_never_late(
    offsets: list[int], on_day: int
) -> None:
    things = [supply(n, MONDAY + timedelta(days=days), on_day=on_day) for n, days in enumerate(offsets)]
    sent = told_over_time(things, MONDAY - timedelta(days=7), 70)
    for thing in things:
        mine = [one for one in sent if one.thing == thing]
        assert [one.kind for one in mine] == [step.kind for step in CADENCE]
        assert all(one.on < other.on for one, other in pairwise(mine))
        for one, step in zip(mine, CADENCE, strict=True):
            early = (thing.day + timedelta(days=step.days) - one.on).days
            assert 0 <= early <= (6 if step.days < 0 else on_day)


@settings(deadline=None)
@given(ends, st.lists(st.integers(min_value=0, max_value=40), max_size=4))
@example([8, 14], [15])
def test_whatever_is_filled_when_what_is_left_is_told_once_a_step_and_at_least_on_its_day(
    offsets: list[int], fills: list[int]
) -> None:
    """Fills take things away on random days; the rest is never told twice on a day, nor left silent on its day. When a
    fill breaks a bundle up, what is left goes on by its own steps, however often the bundle told it before."""
    things = [supply(n, MONDAY + timedelta(days=days), on_day=0) for n, days in enumerate(offsets)]
    first = MONDAY - timedelta(days=7)
    told: dict[bundling.Name, list[date]] = defaultdict(list)
    gone: set[bundling.Name] = set()
    for offset in range(70):
        today = first + timedelta(days=offset)
        if offset in fills and (left := [one for one in things if one.name not in gone]):
            gone.add(min(left, key=lambda one: one.day).name)
        now = [one for one in things if one.name not in gone]
        for telling in bundling.tellings(now, told, Today(today)):
            if telling.on == today:
                told[telling.thing.name].append(today)
    for thing in things:
        days = told[thing.name]
        assert len(days) == len(set(days)) <= len(CADENCE) * (1 + len(fills))
        if thing.name not in gone:
            assert thing.day in days


@settings(deadline=None)
@given(ends)
def test_planning_again_says_the_same(offsets: list[int]) -> None:
    things = [supply(n, MONDAY + timedelta(days=days)) for n, days in enumerate(offsets)]
    once = bundling.tellings(things, {}, Today(MONDAY))
    assert bundling.tellings(list(reversed(things)), {}, Today(MONDAY)) == once


def test_today_allows_what_is_to_come_and_what_is_late_only_on_its_own_day() -> None:
    tomorrow, yesterday = MONDAY + timedelta(days=1), MONDAY - timedelta(days=1)
    for today in (Today(MONDAY), Today(MONDAY, is_to_come=False), Today(MONDAY, False, may_go_at_once=True)):
        assert today.allows(tomorrow, MONDAY)
        assert not today.allows(yesterday, yesterday)
    assert Today(MONDAY).allows(MONDAY, yesterday)
    assert not Today(MONDAY, is_to_come=False).allows(MONDAY, MONDAY)
    assert Today(MONDAY, is_to_come=False, may_go_at_once=True).allows(MONDAY, MONDAY)
    assert not Today(MONDAY, is_to_come=False, may_go_at_once=True).allows(MONDAY, yesterday)


def test_just_as_early_as_it_may_come_it_joins_and_a_day_earlier_it_does_not() -> None:
    def together(days: int) -> int:
        things = [supply(1, MONDAY), supply(2, MONDAY + timedelta(days=days), early=6)]
        return len(list(bundling.groups(things, lambda one: one.early)))

    assert [together(days) for days in (0, 6, 7)] == [1, 1, 2]
    assert list(bundling.groups([], lambda one: one.early)) == []


def lab(on: date, *, days: int = 0, early: int = 0, on_day: int = 0) -> Thing:
    return Thing("lab", "anc", on, (Step("lab", days),), early=early, early_on_day=on_day)


def told_with(refill: date, thing: Thing, today: Today) -> list[date]:
    refill_alone = Thing("prescription", "1", refill, (Step("refill_0", 0),), 1)
    return [one.on for one in bundling.tellings([refill_alone, thing], {}, today) if one.thing == thing]


def test_a_lab_joins_a_message_within_its_days_and_else_keeps_its_own() -> None:
    before = Today(MONDAY - timedelta(days=30))
    own = MONDAY + timedelta(days=3)
    assert told_with(MONDAY, lab(own, on_day=3), before) == [MONDAY]
    assert told_with(MONDAY, lab(own, on_day=2), before) == [own]
    assert told_with(MONDAY, lab(own, early=3), before) == [own]
    assert told_with(MONDAY, lab(own + timedelta(days=1), days=-1, early=3), before) == [MONDAY]
    assert told_with(own, lab(own, on_day=3), before) == [own]
    assert told_with(own + timedelta(days=1), lab(own, on_day=3), before) == [own]
    assert told_with(MONDAY, lab(own, on_day=3), Today(MONDAY)) == [own]


def test_a_date_that_has_passed_is_made_good_on_the_own_date_and_not_where_the_next_step_comes_anyway() -> None:
    thing = Thing(
        "prescription", "2", MONDAY + timedelta(days=6), (Step("refill_3", -3), Step("refill_0", 0)), 2, early=6
    )
    first = Thing("prescription", "1", MONDAY, (Step("refill_0", 0),), 1, early=6)
    found = bundling.tellings([first, thing], {}, Today(MONDAY - timedelta(days=2)))
    mine = [(one.kind, one.on) for one in found if one.thing == thing]
    assert mine == [("refill_3", MONDAY + timedelta(days=3)), ("refill_0", MONDAY + timedelta(days=6))]
    assert bundling.tellings([first], {first.name: [MONDAY]}, Today(MONDAY)) == []
    assert bundling.tellings([first], {first.name: [MONDAY - timedelta(days=1)]}, Today(MONDAY)) == []
    assert bundling.tellings([first], {}, Today(MONDAY + timedelta(days=1))) == []
    assert bundling.tellings([], {}, Today(MONDAY)) == []


def test_what_is_told_is_sorted_by_day_and_then_by_what_it_is_about() -> None:
    things = [supply(2, MONDAY), supply(1, MONDAY), lab(MONDAY)]
    found = bundling.tellings(things, {}, Today(MONDAY - timedelta(days=1)))
    assert [(one.on, one.thing.about_id) for one in found][:4] == [
        (MONDAY - timedelta(days=1), "1"),
        (MONDAY - timedelta(days=1), "2"),
        (MONDAY, "anc"),
        (MONDAY, "1"),
    ]
