"""Whether this installation is well: what a load balancer or an administrator asks."""

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from refills import clock, reminders

LATE_SECONDS = 120


def database_answers() -> bool:
    """True when a query comes back."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return True
    except DatabaseError:
        return False


def state() -> dict[str, bool]:
    """Each part and whether it is well. The clock is well when it ticked within CLOCK_STALE_SECONDS."""
    database = database_answers()
    age = clock.age_seconds("deliver") if database else None
    return {"web": True, "database": database, "clock": age is not None and age <= settings.CLOCK_STALE_SECONDS}


def healthz(request: HttpRequest) -> JsonResponse:
    """200 when web, database and clock are well, else 503; says which, and nothing else."""
    parts = state()
    return JsonResponse({**parts, "well": all(parts.values())}, status=200 if all(parts.values()) else 503)


def readyz(request: HttpRequest) -> JsonResponse:
    """503 also when the oldest unsent due reminder is older than two minutes: the dead-man switch."""
    parts = state()
    oldest = reminders.oldest_due_seconds() if parts["database"] else None
    parts["on_time"] = oldest is None or oldest <= LATE_SECONDS
    return JsonResponse({**parts, "well": all(parts.values())}, status=200 if all(parts.values()) else 503)
