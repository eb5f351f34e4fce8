"""Reminders and their patients, as the tests of this room need them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from medmgmt.record.models import Prescription
from refills import planning
from refills.models import Reminder
from refills.planning import Supply
from refills.reminders import Reach
from refills.schedule import Fill
from tests import factories

ZONE = "America/New_York"
NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)
TODAY = date(2026, 11, 21)


def supply(prescription: Prescription, fills: list[Fill] | None = None, **values: Any) -> Supply:
    """Thirty days since the first of November: it runs out on the first of December."""
    values = {
        "patient_id": prescription.patient_id,
        "prescription_id": prescription.pk,
        "time_zone": ZONE,
        "fills": [Fill(date(2026, 11, 1), 30)] if fills is None else fills,
        "channels": ["email"],
        "active": True,
        **values,
    }
    return Supply(**values)


def due(count: int, at: datetime = NOON) -> list[Reminder]:
    """So many reminders, each of another prescription of Carla's, due since an hour before `at`."""
    carla, adler = factories.carla(), factories.adler()
    prescriptions = Prescription.objects.bulk_create(
        Prescription(patient=carla, drug_name="sertraline", rxcui=36437, created_by=adler) for _ in range(count)
    )
    rows = []
    for prescription in prescriptions:
        moment = planning.Moment("refill_0", at.date(), at - timedelta(hours=1))
        rows.append(planning.row(supply(prescription), moment, "email", run_out_on=at.date()))
    planning.add(rows)
    return list(Reminder.objects.filter(prescription__in=prescriptions).order_by("id"))


def reachable(reminder: Reminder) -> Reach:
    """A patient who may be written to, each reminder at an address of its own so that deliveries can be counted."""
    return Reach(f"r{reminder.pk}@mail.example", "en", ZONE, allowed=True)
