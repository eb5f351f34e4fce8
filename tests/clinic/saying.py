"""Short ways to say what happened to a supply, for tests of what the clinic makes of it."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from medmgmt.actions import authorising, observing, supply
from medmgmt.record.models import Kind, Observation, Patient, Prescription
from refills.models import Authorisation, Dispense, PillCount
from tests import factories


def today(of: Patient | None = None) -> date:
    """The patient's own day; Carla's unless told otherwise."""
    return (of or factories.carla()).today(timezone.now())


def ago(days: int) -> date:
    """So many days before Carla's today; a negative number is a day to come."""
    return today() - timedelta(days=days)


def taken(drug: str = "bupropion", *, of: Patient | None = None, since: int = 170, **values: Any) -> Prescription:
    """What somebody has taken for so many days, once daily, unless told otherwise; no review was made."""
    made = factories.prescription(of, drug_name=drug, rxcui=None, **values.pop("prescription", {}))
    changed(made, Kind.START, since, values.pop("sig", factories.sig(values.pop("amount", "50"))), **values)
    return made


def changed(to: Prescription, kind: str, days_ago: int, sig: Any = None, **values: Any) -> None:
    """A signed change of a course so many days ago."""
    at = datetime.combine(ago(days_ago), time(9), UTC) - timedelta(days=1)
    values = {"signed_at": at, "proposed_at": at, **values}
    factories.change(to, kind=Kind(kind), on=ago(days_ago), sig=sig, **values)


def proposed(to: Prescription, kind: str, days_ago: int = 0, sig: Any = None) -> None:
    """A change that somebody has written down and nobody has signed."""
    factories.change(to, kind=Kind(kind), on=ago(days_ago), sig=sig, proposed_at=timezone.now())


def filled(of: Prescription, days_ago: int, days: int = 30, quantity: int | None = None, **values: Any) -> Dispense:
    """A fill of one tablet a day, unless told otherwise."""
    return supply.record_dispense(
        factories.bo(),
        of.pk,
        dispensed_on=ago(days_ago),
        quantity=Decimal(days if quantity is None else quantity),
        unit=values.pop("unit", "{tablet}"),
        days_supply=days,
        **values,
    )


def regular(of: Prescription) -> Prescription:
    """Five fills of thirty days, the last nearly used up."""
    for days_ago in (145, 115, 85, 55, 25):
        filled(of, days_ago)
    return of


def written(of: Prescription, days_ago: int = 0, days: int = 30, **values: Any) -> Authorisation:
    """A prescription for the pharmacy."""
    return authorising.authorise(
        factories.adler(),
        of.pk,
        issued_on=ago(days_ago),
        quantity=Decimal(values.pop("quantity", days)),
        unit=values.pop("unit", "{tablet}"),
        days_supply=days,
        **values,
    )


def counted(of: Prescription, days_ago: int, quantity: int) -> PillCount:
    """Tablets found at home."""
    return supply.count_pills(
        factories.bo(), of.pk, counted_on=ago(days_ago), quantity=Decimal(quantity), unit="{tablet}"
    )


def seen(code: str, value: str, days_ago: int = 0, hour: int = 8, **values: Any) -> Observation:
    """A result of Carla's, at an hour of her own day."""
    at = datetime.combine(ago(days_ago), time(hour), ZoneInfo(factories.carla().time_zone))
    return observing.record_observation(
        factories.bo(), factories.carla().pk, code=code, observed_at=at, value=Decimal(value), **values
    )
