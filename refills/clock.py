"""The database's own time: the one clock that all workers share."""

from datetime import datetime

from django.db import connection
from django.db.models.functions import Now

from refills.models import ClockTick


def database_now() -> datetime:
    """The database's time, aware. A worker's own clock may be an hour off; leases and due times never ask it."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now')")
            return datetime.fromisoformat(cursor.fetchone()[0])
        cursor.execute("SELECT statement_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def beat(name: str) -> None:
    """Write down that the part `name` of the clock is alive."""
    ClockTick.objects.bulk_create(
        [ClockTick(name=name, at=Now())], update_conflicts=True, update_fields=["at"], unique_fields=["name"]
    )


def age_seconds(name: str) -> float | None:
    """Seconds since the last beat of `name`; None if there was none."""
    row = ClockTick.objects.filter(name=name).annotate(now=Now()).values_list("at", "now").first()
    return None if row is None else (row[1] - row[0]).total_seconds()
