"""Reminders and their patients, as the tests of this room need them."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from medmgmt.record.models import Prescription
from refills.messages import items, links, notices
from refills.messages.bundling import Step, Thing
from refills.messages.planning import Plan
from refills.messages.reminders import Reach
from refills.models import CaregiverConsent, Reminder
from refills.supply import fills as supply_fills
from refills.supply.fills import Fill
from tests import factories

ZONE = "America/New_York"
NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)
TODAY = date(2026, 11, 21)


CADENCE = tuple(Step(f"refill_{days}", -days) for days in (7, 3, 1, 0))


def supply(prescription: Prescription, fills: list[Fill] | None = None, **values: Any) -> Plan:
    """Thirty days since the first of November: it runs out on the first of December. What Carla takes besides is left
    out, unless given as `also`."""
    ends_on = supply_fills.run_out([Fill(date(2026, 11, 1), 30)] if fills is None else fills)
    mine = [refill(prescription, ends_on)] if ends_on and values.pop("active", True) else []
    values = {
        "patient_id": prescription.patient_id,
        "time_zone": ZONE,
        "channels": ["email"],
        "things": [*mine, *values.pop("also", ())],
        **values,
    }
    return Plan(**values)


def refill(prescription: Prescription, ends_on: date, **values: Any) -> Thing:
    """A supply that runs out on a day."""
    values = {"steps": CADENCE, **values}
    return Thing("prescription", str(prescription.pk), ends_on, prescription_id=prescription.pk, **values)


def helping(**values: Any) -> CaregiverConsent:
    """Carla's word that her sister is written to as well, from before everything these tests are about."""
    values = {"name": "Mara", "channel": "email", "address": "mara@mail.example", "covers": "refills",
              "starts_on": date(2026, 1, 1), **values}  # fmt: skip
    return CaregiverConsent.objects.create(patient=factories.carla(), recorded_by=factories.adler(), **values)


def level_due(patient_id: int, on: date) -> Plan:
    """A lithium level that is due on a day, told a week before and on the day."""
    lab = Thing("lab", "lithium", on, (Step("lab", -7), Step("lab", 0)))
    return Plan(patient_id, ZONE, [lab], ["email"])


def due(count: int, at: datetime = NOON) -> list[Reminder]:
    """So many messages, each about another prescription of Carla's, due since an hour before `at`."""
    carla, adler = factories.carla(), factories.adler()
    prescriptions = Prescription.objects.bulk_create(
        Prescription(patient=carla, drug_name="sertraline", rxcui=36437, created_by=adler) for _ in range(count)
    )
    rows = [
        Reminder(
            patient=carla,
            prescription=prescription,
            kind="refill_0",
            channel="email",
            run_out_on=at.date(),
            local_date=at.date(),
            time_zone=ZONE,
            key=f"{carla.pk}|{prescription.pk}|{at.date()}|email",
            due_at=at - timedelta(hours=1),
            next_attempt_at=at - timedelta(hours=1),
        )
        for prescription in prescriptions
    ]
    said = [items.Item("refill_0", "prescription", str(row.prescription_id), at.date(), row.prescription_id)
            for row in rows]  # fmt: skip
    notices.add(rows, [items.written(row, item) for row, item in zip(rows, said, strict=True)])
    return list(Reminder.objects.filter(prescription__in=prescriptions).order_by("id"))


def reachable(reminder: Reminder) -> Reach:
    """A patient who may be written to, each reminder at an address of its own so that deliveries can be counted."""
    return Reach(f"r{reminder.pk}@mail.example", "en", ZONE, allowed=True)


def link(reminder: Reminder) -> str:
    """The token of its link as it was sent to Carla."""
    return links.token(reminder, "carla@mail.example")


def answer(token: str, choice: str, now: datetime | None = None) -> Reminder:
    """What its reader answers by the link."""
    return links.keep(links.read_link(token).reminder, choice, now)
