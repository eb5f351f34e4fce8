"""Where everybody begins: what waits for this person now."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from medmgmt import chart, people
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.messages import reads as messages_reads
from medmgmt.record import access
from medmgmt.record.models import Role, Status
from medmgmt.web.kit.context import waiting_for
from medmgmt.web.kit.forms import PatientSearch
from medmgmt.web.kit.page import Asked, page
from medmgmt.worklist import lateness, reads
from refills import clock

HIGHLIGHTS = 8


@dataclass(frozen=True)
class Part:
    """A part of the service and whether it is well."""

    name: str
    well: bool


@page
def home(request: Asked) -> HttpResponse:
    """One page a role; a patient's home is the portal, the privacy officer's the trail."""
    if request.user.role == Role.PATIENT:
        return redirect("web:portal")
    if request.user.role == Role.PRIVACY_OFFICER:
        return redirect("web:audit")
    if request.user.role == Role.ADMINISTRATOR:
        return administrator(request)
    return clinician(request)


def clinician(request: Asked) -> HttpResponse:
    """The most urgent tasks, what waits for a signature, and the way to a patient."""
    waiting = reads.worklist(request.user)
    counts = waiting_for(request)
    proposals = chart.changes(request.user).filter(status=Status.PROPOSED).select_related("patient")
    return render(
        request,
        "home.html",
        {
            "tasks": waiting[:HIGHLIGHTS],
            "waiting": counts["open"],
            "late": counts["late"],
            "proposals": proposals.order_by("effective_on", "id")[:HIGHLIGHTS],
            "proposals_count": proposals.count(),
            "patients_count": access.patients_of(request.user).count(),
            "releases": knowledge_reads.active_releases(),
            "form": PatientSearch(),
        },
    )


def administrator(request: Asked) -> HttpResponse:
    """Whether the service is well, what it knows, what it sent, who did what."""
    return render(
        request,
        "home_administrator.html",
        {
            "parts": parts(),
            "releases": knowledge_reads.active_releases(),
            "messages_sent": messages_reads.messages(request.user)[:5],
            "entries": people.audit_entries(request.user)[:10],
            "lateness": lateness.lateness_for(request.user),
        },
    )


def parts() -> list[Part]:
    """The web answers, or nobody would read this; the database answered on the way here; the clock is asked."""
    age = clock.age_seconds("deliver")
    ticks = age is not None and age <= settings.CLOCK_STALE_SECONDS
    return [Part(_("Web"), True), Part(_("Database"), True), Part(_("Clock"), ticks)]
