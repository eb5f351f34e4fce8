"""Whether this installation is well: what a load balancer, Prometheus or an administrator asks."""

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from refills import clock
from refills.messages import figures, queue

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
    oldest = queue.oldest_due_seconds() if parts["database"] else None
    parts["on_time"] = oldest is None or oldest <= LATE_SECONDS
    return JsonResponse({**parts, "well": all(parts.values())}, status=200 if all(parts.values()) else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """The numbers of delivery for Prometheus, from the database, the same whichever process is asked.

    Only with the token of METRICS_TOKEN; without one only from this machine itself, and not through a proxy.
    """
    if not may_read_metrics(request):
        return HttpResponse("Show the token of METRICS_TOKEN.\n", status=403, content_type="text/plain; charset=utf-8")
    if not database_answers():
        return HttpResponse("The database does not answer.\n", status=503, content_type="text/plain; charset=utf-8")
    registry = CollectorRegistry()
    registry.register(Delivery())
    return HttpResponse(generate_latest(registry), content_type="text/plain; version=0.0.4; charset=utf-8")


def may_read_metrics(request: HttpRequest) -> bool:
    """Is the token right, or does this very machine ask?"""
    if settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")
    through_proxy = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return request.META.get("REMOTE_ADDR") in ("127.0.0.1", "::1") and not through_proxy


class Delivery(Collector):
    """The figures as Prometheus wants them: no patient, no number of a row, no name."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        now = figures.now()
        for name, words, value in (
            ("due", "Messages that are due and have not left", now.due),
            ("claimed", "Messages that a worker holds just now", now.claimed),
            ("late", "Messages that were due more than two minutes ago and have not left", now.late),
            ("held", "Messages that wait for a person after a restore", now.held),
            ("sent", "Messages taken by their channel within a day", now.settled["sent"] + now.settled["delivered"]),
            ("failed", "Messages given up within a day, a person was told", now.settled["dead"]),
            ("unknown", "Messages of which nobody knows whether they arrived, within a day", now.settled["unknown"]),
        ):
            yield GaugeMetricFamily(f"medmgmt_messages_{name}", words, value=value)
        ended = GaugeMetricFamily("medmgmt_messages_ended", "Messages that ended within a day", labels=["state"])
        for state, count in now.settled.items():
            ended.add_metric([state], count)
        yield ended
        for name, words, seconds in (
            ("oldest_due_seconds", "Age of the oldest message that is due and has not left", now.oldest_seconds),
            ("lag_seconds", "From due to taken, the mean of the last hour", now.lag_mean_seconds),
            ("lag_worst_seconds", "From due to taken, the worst of the last hour", now.lag_worst_seconds),
        ):
            yield GaugeMetricFamily(f"medmgmt_delivery_{name}", words, value=seconds)
        yield GaugeMetricFamily("medmgmt_tasks_open", "Tasks that wait for a person", value=now.tasks_open)
        yield GaugeMetricFamily("medmgmt_tasks_late", "Tasks that are past their time", value=now.tasks_late)
        yield GaugeMetricFamily(
            "medmgmt_run_outs_to_compute", "Run-outs that moved and are not computed", value=now.run_outs_to_compute
        )
        ticks = GaugeMetricFamily("medmgmt_clock_age_seconds", "Since the last sign of life", labels=["part"])
        for part, age in now.ticks.items():
            ticks.add_metric([part], age)
        yield ticks
