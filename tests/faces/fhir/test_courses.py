"""Requests put together into courses, and the honest conventions for ends that the source does not give."""

from dataclasses import replace
from datetime import date, timedelta

from medmgmt.fhir.importing.courses import Basis, Course, End, Life, Order, courses

START = date(2019, 3, 4)
QUIET = Life(contacts=(), reasons_ended={}, died_on=None, as_of=date(2026, 1, 1))


def order(days: int = 0, *, runs: bool = False, product: str = "316672", reason: str = "", held: bool = False) -> Order:
    on = START + timedelta(days=days)
    return Order(f"{product}-{days}", product, on, runs=runs or held, is_held=held, reasons=(reason,) if reason else ())


def life(**values: object) -> Life:
    return Life(**{**{name: getattr(QUIET, name) for name in Life.__slots__}, **values})  # type: ignore[arg-type]


def only(found: list[Course]) -> Course:
    (course,) = found
    return course


def test_yearly_renewals_are_one_course_that_runs_on() -> None:
    course = only(courses([order(365), order(0), order(730, runs=True)], QUIET))
    assert [one.on for one in course.orders] == [START, START + timedelta(365), START + timedelta(730)]
    assert course.end is None


def test_the_same_product_years_later_is_an_episode_of_its_own() -> None:
    first, second = courses([order(0), order(900)], QUIET)
    assert first.end == End(START + timedelta(365), Basis.A_YEAR)
    assert second.orders[0].on == START + timedelta(900)


def test_a_renewal_after_its_reason_had_ended_is_an_episode_of_its_own() -> None:
    healed = life(reasons_ended={"sinusitis": START + timedelta(10)})
    found = courses([order(0, reason="sinusitis"), order(60, reason="sinusitis 2")], healed)
    assert len(found) == 2
    assert found[0].end == End(START + timedelta(10), Basis.REASON_ENDED)


def test_an_order_that_still_runs_is_continued_however_late_the_next_one_comes() -> None:
    assert len(courses([order(0, runs=True), order(1200, runs=True)], QUIET)) == 1


def test_different_products_are_different_courses() -> None:
    assert len(courses([order(0), order(5, product="other")], QUIET)) == 2


def test_an_end_nobody_gave_is_the_next_contact_on_file() -> None:
    seen = life(contacts=(START, START + timedelta(40)))
    assert only(courses([order(0)], seen)).end == End(START + timedelta(40), Basis.NEXT_CONTACT)


def test_no_contact_within_a_year_ends_a_course_after_a_year() -> None:
    seen = life(contacts=(START + timedelta(800),))
    assert only(courses([order(0)], seen)).end == End(START + timedelta(365), Basis.A_YEAR)


def test_what_had_ended_by_the_last_day_on_file_ended_no_later() -> None:
    last = START + timedelta(30)
    assert only(courses([order(0)], life(as_of=last))).end == End(last, Basis.AS_OF)


def test_nothing_is_taken_after_the_day_of_death() -> None:
    dead = life(died_on=START + timedelta(20))
    ended = End(START + timedelta(21), Basis.DEATH)
    assert only(courses([order(0, runs=True)], dead)).end == ended
    assert only(courses([order(0)], dead)).end == ended


def test_an_end_never_falls_on_the_day_of_the_start() -> None:
    same_day = life(reasons_ended={"pain": START})
    assert only(courses([order(0, reason="pain")], same_day)).end == End(START + timedelta(1), Basis.REASON_ENDED)
    assert only(courses([order(0)], life(died_on=START))).end == End(START + timedelta(1), Basis.DEATH)


def test_a_held_order_is_a_course_on_hold() -> None:
    course = only(courses([order(0), order(30, held=True)], QUIET))
    assert course.is_held
    assert course.end is None


def test_no_orders_are_no_courses() -> None:
    assert courses([], QUIET) == []


def test_a_renewal_on_the_day_its_reason_ended_is_an_episode_of_its_own_and_one_before_goes_on() -> None:
    healed = life(reasons_ended={"grief": START + timedelta(60)})
    assert len(courses([order(0, reason="grief"), order(60)], healed)) == 2
    assert len(courses([order(0, reason="grief"), order(59)], healed)) == 1


def test_a_medicine_with_two_reasons_ends_with_the_last_of_them() -> None:
    both = replace(order(0), reasons=("grief", "sleep"))
    one_ended = life(reasons_ended={"grief": START + timedelta(10)}, contacts=(START + timedelta(90),))
    assert only(courses([both], one_ended)).end == End(START + timedelta(90), Basis.NEXT_CONTACT)
    both_ended = life(reasons_ended={"grief": START + timedelta(10), "sleep": START + timedelta(30)})
    assert only(courses([both], both_ended)).end == End(START + timedelta(30), Basis.REASON_ENDED)


def test_a_contact_a_year_to_the_day_ends_a_course_and_one_a_day_later_does_not() -> None:
    for days, basis in ((365, Basis.NEXT_CONTACT), (366, Basis.A_YEAR)):
        seen = life(contacts=(START + timedelta(days),))
        assert only(courses([order(0)], seen)).end == End(START + timedelta(365), basis)


def test_a_renewal_on_the_last_day_of_grace_goes_on_and_one_after_it_does_not() -> None:
    assert len(courses([order(0), order(400)], QUIET)) == 1
    assert len(courses([order(0), order(401)], QUIET)) == 2


def told(days: int, says: str, *, runs: bool = True, until: int | None = None, **values: str) -> Order:
    end = None if until is None else START + timedelta(days=until)
    return replace(
        order(days, runs=runs), ref=f"{says}-{days}", says=says, until=end, request=f"{says}-{days}", **values
    )


def test_two_orders_of_one_day_that_differ_are_two_courses() -> None:
    for runs in (True, False):
        assert len(courses([told(0, "morning", runs=runs), told(0, "evening", runs=runs)], QUIET)) == 2


def test_each_of_two_orders_is_continued_by_the_one_that_says_the_same() -> None:
    first, second = courses(
        [told(0, "morning", runs=False), told(0, "evening", runs=False), told(90, "evening"), told(90, "morning")],
        QUIET,
    )
    assert [[one.says for one in course.orders] for course in (first, second)] == [["evening"] * 2, ["morning"] * 2]


def test_two_that_run_and_say_the_same_are_one_course_and_two_that_differ_add_up() -> None:
    assert len(courses([told(0, "morning"), told(90, "morning")], QUIET)) == 1
    assert len(courses([told(0, "morning"), told(90, "evening")], QUIET)) == 2


def test_an_order_that_says_when_it_ends_ends_then() -> None:
    assert only(courses([told(0, "morning", until=7)], QUIET)).end == End(START + timedelta(7), Basis.SAID)
    assert only(courses([told(0, "morning", runs=False, until=7)], QUIET)).end == End(START + timedelta(7), Basis.SAID)
    stopped = life(today=START + timedelta(3), as_of=START + timedelta(3))
    assert only(courses([told(0, "morning", runs=False, until=7)], stopped)).end == End(
        START + timedelta(3), Basis.AS_OF
    )


def test_an_order_after_the_end_of_another_is_an_episode_of_its_own_and_one_on_that_day_goes_on() -> None:
    assert len(courses([told(0, "morning", until=7), told(8, "evening")], QUIET)) == 2
    assert len(courses([told(0, "morning", until=7), told(7, "evening")], QUIET)) == 1


def test_an_order_of_another_product_that_follows_ends_the_one_before_it() -> None:
    other = replace(told(30, "more", follows="less-0"), product="other")
    less, more = courses([told(0, "less"), other], QUIET)
    assert (less.end, more.end) == (End(START + timedelta(30), Basis.REPLACED), None)
