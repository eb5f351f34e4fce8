"""What signed courses show of an earlier time, held against counting day by day. No database."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.models import Finding, Review
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Prescription
from medmgmt.regimen.courses import Course, milligrams
from medmgmt.review import tolerance
from tests import factories
from tests.interactions import shipped

TODAY = date(2026, 11, 21)
BEGIN = TODAY - timedelta(days=60)
DRUGS = {"sertraline": 36437, "tramadol": 10689}
AT = datetime(2026, 1, 1, tzinfo=UTC)
Steps = Sequence[tuple[str, int, int]]
"""Kind of a step, its day after the beginning, and its dose."""

steps = st.lists(
    st.tuples(
        st.sampled_from(["start", "new_dose", "hold", "resume", "stop"]),
        st.integers(0, 70),
        st.sampled_from([25, 50, 75]),
    ),
    max_size=5,
)


def course(drug: str, number: int, taken: Steps) -> Course:
    """A signed course as the record would hand it over."""
    made = Prescription(pk=number, drug_name=drug, rxcui=DRUGS[drug])
    changes = []
    for order, (kind, day, amount) in enumerate(taken):
        sig = factories.sig(str(amount)) if kind in dosing.KINDS_WITH_SIG else None
        changes.append(
            DosageChange(
                pk=number * 100 + order,
                prescription=made,
                kind=kind,
                effective_on=BEGIN + timedelta(days=day),
                signed_at=AT + timedelta(minutes=order),
                status="signed",
                sig=sig,
            )
        )
    return Course(made, tuple(changes))


def finding(now: dict[str, str | None]) -> Finding:
    """A finding of today on these drugs at these doses."""
    drugs = [
        {"ref": str(number), "key": drug, "mg_per_day": amount}
        for number, (drug, amount) in enumerate(now.items(), 900)
    ]
    review = Review(regimen=[{"day": TODAY.isoformat(), "drugs": drugs}])
    refs = [drug["ref"] for drug in drugs]
    return Finding(key="k", review=review, first_day=TODAY, drugs=list(now), prescriptions=refs)


def day_by_day(courses: Sequence[Course], now: dict[str, str | None]) -> tuple[str, int, date | None, date | None]:
    """The same, by asking every single day."""
    every, high = [], []
    for number in range(100):
        day = TODAY - timedelta(days=number + 1)
        taken = {}
        for drug in now:
            mine = [one for one in courses if one.prescription.drug_name == drug]
            doses = [milligrams(one, dose.sig) for one in mine if (dose := dosing.dose_on(day, one.steps)).is_taken]
            if doses:
                taken[drug] = sum((dose.per_day or Decimal(0) for dose in doses), Decimal(0))
        if len(taken) == len(now):
            every.append(day)
            if all(taken[drug] >= Decimal(amount or 0) for drug, amount in now.items()):
                high.append(day)
    told, verdict = (high, "as_high") if high else (every, "lower")
    return (verdict, len(told), min(told), max(told)) if told else ("never", 0, None, None)


@settings(max_examples=120, deadline=None)
@given(first=steps, second=steps, third=steps, a=st.sampled_from(["25", "50", "100"]), b=st.sampled_from(["25", "75"]))
def test_the_days_are_those_that_counting_day_by_day_finds(
    first: Steps, second: Steps, third: Steps, a: str, b: str
) -> None:
    courses = [course("sertraline", 1, first), course("tramadol", 2, second), course("tramadol", 3, third)]
    now: dict[str, str | None] = {"sertraline": a, "tramadol": b}
    told = tolerance.histories_of([finding(now)], courses, TODAY, shipped.alone())["k"].earlier
    assert (told.overlap_verdict, told.overlap_days, told.overlap_from, told.overlap_to) == day_by_day(courses, now)


def test_a_dose_that_is_no_mass_is_not_compared() -> None:
    courses = [course("sertraline", 1, [("start", 0, 50)]), course("tramadol", 2, [("start", 10, 50)])]
    history = tolerance.histories_of(
        [finding({"sertraline": "50", "tramadol": None})], courses, TODAY, shipped.alone()
    )["k"]
    assert (history.verdict, history.earlier.overlap_days) == ("unmeasured", 50)
    assert "cannot be compared" in history.sentence


def test_lower_doses_are_named_beside_those_of_now() -> None:
    courses = [course("sertraline", 1, [("start", 0, 50)]), course("tramadol", 2, [("start", 10, 25)])]
    history = tolerance.histories_of(
        [finding({"sertraline": "50", "tramadol": "50"})], courses, TODAY, shipped.alone()
    )["k"]
    assert history.verdict == "lower"
    assert "tramadol up to 25 mg a day, now 50 mg" in history.sentence
    assert "sertraline up to" not in history.sentence


def test_of_one_drug_the_sentence_speaks_of_one() -> None:
    history = tolerance.histories_of([finding({"sertraline": "50"})], [], TODAY, shipped.alone())["k"]
    assert history.sentence == "The record shows no earlier day on which it was taken."
