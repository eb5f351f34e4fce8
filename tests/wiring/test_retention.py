"""Which charts are past their time: by number only, and nothing is deleted."""

import io
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from medmgmt import retention
from medmgmt.exporting.sections import SECTIONS
from medmgmt.record.models import CareAssignment, Encounter, Enrolment, Patient
from tests import factories

pytestmark = pytest.mark.django_db
BEGUN = datetime(2000, 2, 29, 20, tzinfo=UTC)
KEEP_NOTHING_ALIVE = {
    "identity", "merged_charts", "logins", "contact_points", "unreachable", "reviews", "review_releases", "findings",
    "suspects", "import_remarks", "early_fills", "partial_fills", "messages", "message_items", "message_wishes",
    "channel_choices", "caregiver_consents", "consents_withdrawn", "calendars", "tasks", "task_comments",
    "emergency_openings", "emergency_ends", "emergency_judgements", "part2_consents", "part2_consents_revoked",
    "part2_disclosures", "who_has_looked",
}  # fmt: skip
"""Sections that are no entries of care, or stand only beside one."""


def left(mrn: str = "OLD-1", *, born: date = date(1960, 5, 1)) -> Patient:
    """Somebody who was here for a day in the year 2000."""
    patient = factories.patient(mrn, birth_date=born, created_at=BEGUN)
    CareAssignment.objects.filter(patient=patient).update(since=BEGUN, until=BEGUN + timedelta(hours=1))
    Enrolment.objects.filter(patient=patient).update(starts_on=BEGUN.date(), ends_on=BEGUN.date())
    return patient


def past(day: date) -> list[int]:
    return [one.patient_id for one in retention.past(day)]


def test_a_chart_is_past_its_time_ten_years_after_its_last_entry_and_not_a_day_earlier() -> None:
    old = left()
    assert past(date(2010, 2, 28)) == []
    assert past(date(2010, 3, 1)) == [old.pk]
    Encounter.objects.create(patient=old, by=factories.bo(), kind="phone", on=date(2004, 3, 2),
                             recorded_at=BEGUN.replace(year=2004))  # fmt: skip
    assert past(date(2014, 2, 28)) == []
    assert past(date(2014, 3, 1)) == [old.pk]


def test_a_childs_chart_is_kept_until_the_age_that_the_site_says() -> None:
    child = left(born=date(1999, 6, 15))
    assert past(date(2020, 6, 14)) == []
    assert past(date(2020, 6, 15)) == [child.pk]


def test_who_is_in_care_or_on_hold_is_never_past(settings: Any) -> None:
    old, carla = left(), factories.carla()
    far = date(2200, 1, 1)
    assert past(far) == [old.pk]
    settings.RETENTION_HOLD = [str(old.pk)]
    assert past(far) == []
    settings.RETENTION_HOLD = [str(carla.pk)]
    assert past(far) == [old.pk]
    settings.RETENTION_HOLD = ["all"]
    assert past(far) == []


def test_the_command_tells_numbers_and_nothing_else_and_deletes_nothing() -> None:
    old = left()
    out = io.StringIO()
    call_command("retention", stdout=out)
    assert f"chart {old.pk}: last entry 2000-02-29, past since 2010-03-01" in out.getvalue()
    assert "1 charts" in out.getvalue()
    assert "OLD-1" not in out.getvalue()
    assert old.family_name not in out.getvalue()
    assert Patient.objects.filter(pk=old.pk).exists()


def test_many_charts_need_as_many_queries_as_one() -> None:
    left()
    with CaptureQueriesContext(connection) as few:
        past(date(2020, 1, 1))
    for number in range(5):
        left(f"OLD-{number + 2}")
    with CaptureQueriesContext(connection) as many:
        assert len(past(date(2020, 1, 1))) == 6
    assert len(many) == len(few)


def test_every_table_of_a_chart_keeps_it_alive_or_is_named_as_one_that_does_not() -> None:
    silent = {one.name for one in SECTIONS if one.model not in retention.ENTRIES}
    assert silent == KEEP_NOTHING_ALIVE
