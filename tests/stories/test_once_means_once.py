"""Whatever people do and however the minutes fall, nobody hears of supplies twice a day or twice of the same thing."""

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from refills.messages import bundling
from refills.messages.planning import settles
from refills.messages.waking import CLOSES, OPENS
from refills.models import AT_ONCE, Reminder, ReminderItem, ReminderKind, ReminderState
from tests.stories import clock, knowing, people, running
from tests.stories.people import World
from tests.stories.reading import Step
from tests.stories.telling import CameOutDifferently, ToldNo

DRUGS = ("buspirone", "trazodone", "omeprazole")
STEPS = 7
"""Of the clinic's cadence; a fill that takes a bundle apart may bring what is left back once, nearer to its own day."""
SENT = (ReminderState.SENT, ReminderState.DELIVERED)
ACTS = st.one_of(
    st.builds(
        lambda drug, days: ("fill", "nurse", {"drug": drug, "quantity": days, "days": days, "confirm": True}),
        st.sampled_from(DRUGS), st.integers(1, 14),
    ),
    st.builds(lambda drug: ("ask_refill", "patient", {"drug": drug}), st.sampled_from(DRUGS)),
    st.builds(
        lambda choice: ("answer_message", "patient", {"choice": choice}),
        st.sampled_from(["refill", "picked_up", "later", "confirm"]),
    ),
    st.builds(
        lambda text, by: ("reply", by, {"text": text}),
        st.sampled_from(["need a refill", "picked it up", "not now", "done", "ok thanks", "what is this for?"]),
        st.sampled_from(["patient", "caregiver"]),
    ),
    st.builds(lambda kg: ("observation", "nurse", {"code": "weight", "value": kg}), st.integers(60, 90)),
)  # fmt: skip
PASSES = st.one_of(
    st.integers(1, 55).map(lambda minutes: f"{minutes}m"),
    st.integers(1, 20).map(lambda hours: f"{hours}h"),
    st.integers(1, 4).map(lambda days: f"{days}d"),
)


@pytest.fixture(scope="module")
def clinic(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    with django_db_blocker.unblock(), knowing.known():
        yield


def begin(world: World, zone: str) -> None:
    """Somebody with three medicines that run out soon, and two people who help."""
    running.ACTS["patient"][0](world, "nurse", {"phone": "+12025550123", "time_zone": zone})
    running.take(world, Step(0, "taking", {"several": [
        {"drug": drug, "sig": "1 tablet every morning", "since": "-60d", "runs_out": f"+{days}d"}
        for drug, days in zip(DRUGS, (8, 9, 12), strict=True)
    ]}))  # fmt: skip
    for who in ("sister", "son"):
        running.ACTS["consent"][0](world, "patient", {"who": who, "scope": ["refills"]})


def live(world: World, acts: list[tuple[tuple[str, str, dict[str, Any]], str]]) -> None:
    """One act after the other, and time between; what is refused is refused."""
    for (verb, by, said), length in acts:
        with contextlib.suppress(ToldNo, CameOutDifferently):
            running.ACTS[verb][0](world, by, dict(said))
        world.clock.a_second()
        world.clock.wait(length)
        world.is_stale = False


@pytest.mark.django_db
@given(
    acts=st.lists(st.tuples(ACTS, PASSES), min_size=3, max_size=9),
    zone=st.sampled_from(["America/New_York", "America/Los_Angeles", "Europe/Madrid"]),
)
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
def test_once_a_day_of_supplies_once_of_a_thing_and_never_after_an_answer(
    clinic: None, acts: list[tuple[tuple[str, str, dict[str, Any]], str]], zone: str
) -> None:
    with running.thrown_away(), clock.begun(date(2026, 10, 27)) as time:
        world = people.staffed(World(time))
        begin(world, zone)
        live(world, [*acts, (("observation", "nurse", {"code": "weight", "value": 70}), "2d")])
        told = list(ReminderItem.objects.filter(reminder__state__in=SENT).select_related("reminder__patient"))
        supplies = [item for item in told if item.about_type == bundling.REFILL]
        days = Counter((row.caregiver_id, left(row)) for row in {item.reminder for item in supplies})
        assert [day for day, number in days.items() if number > 1] == []
        times = Counter(
            (item.reminder.caregiver_id, item.about_id, item.day)
            for item in supplies
            if item.kind != ReminderKind.SNOOZE
        )
        fills = sum(verb == "fill" for (verb, _by, _said), _length in acts)
        assert [name for name, number in times.items() if number > STEPS + fills] == []
        assert said_after_an_answer(supplies) == []
        for row in Reminder.objects.filter(state__in=SENT, patient__isnull=False).exclude(kind__in=AT_ONCE):
            assert OPENS <= row.handed_over_at.astimezone(zone_of(row)).hour < CLOSES  # type: ignore[union-attr]


def zone_of(row: Reminder) -> Any:
    return ZoneInfo(row.patient.time_zone)  # type: ignore[union-attr]


def left(row: Reminder) -> date:
    """The patient's day on which a message left."""
    return row.handed_over_at.astimezone(zone_of(row)).date()  # type: ignore[union-attr]


def said_after_an_answer(supplies: list[ReminderItem]) -> list[ReminderItem]:
    """What was told of a supply after somebody had answered that it is settled."""
    answered = {}
    for item in supplies:
        name = (item.about_type, item.about_id, item.day)
        if settles(item.reminder.answer, name) and item.reminder.answered_at:
            answered[name] = min(item.reminder.answered_at, answered.get(name, item.reminder.answered_at))
    return [
        item
        for item in supplies
        if (at := answered.get((item.about_type, item.about_id, item.day)))
        and item.reminder.handed_over_at
        and item.reminder.handed_over_at > at
    ]
