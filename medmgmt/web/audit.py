"""The audit trail for who watches over it: who did and saw what, when and why; of one patient for a reason, as CSV."""

import csv
import io

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import looks, people
from medmgmt.actions import looks as actions
from medmgmt.knowledge.alerts import guarded
from medmgmt.record import access
from medmgmt.record.models import AuditEntry
from medmgmt.web.kit.forms import Day, asks, note
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, paged, status_of

COLUMNS = ["at", "actor_name", "role", "act", "object_type", "object_id", "why", "request_id", "chain", "seq"]


class LookForm(forms.Form):
    """Whose trail, and why."""

    said = asks(actions.look_into)
    mrn = said("mrn", gettext_lazy("Medical record number"), max_length=40)
    why = note(
        gettext_lazy("Why do you look?"),
        required=True,
        help_text=gettext_lazy("It stands in the patient's trail."),
    )


class Narrowed(forms.Form):
    """By whom and in which days; neither names a patient, so both may stand in an address."""

    who = forms.CharField(label=gettext_lazy("Who"), required=False, max_length=150)
    since = forms.DateField(label=gettext_lazy("From"), required=False, widget=Day())
    until = forms.DateField(label=gettext_lazy("To"), required=False, widget=Day())

    def bounds(self) -> dict[str, object]:
        """What the rows are narrowed to; what cannot be read narrows nothing."""
        given = self.cleaned_data if self.is_valid() else {}
        asked = {
            "actor_name": given.get("who"),
            "at__date__gte": given.get("since"),
            "at__date__lte": given.get("until"),
        }
        return {name: value for name, value in asked.items() if value}


@page
def audit(request: Asked) -> HttpResponse:
    """Entries, newest first, by whom and when; whose chart they are about is asked with a reason."""
    narrowed = Narrowed(request.GET)
    rows = paged(request, people.audit_entries(request.user).filter(**narrowed.bounds()).select_related("actor"))
    return render(request, "audit.html", {"rows": rows, "narrowed": narrowed})


@page
def look_into(request: Asked) -> HttpResponse:
    """Why one looks; then the trail of that patient is open for an hour."""
    access.require(request.user, "view_audit")
    form = LookForm(request.POST or None)
    done = sent(request, form, actions.look_into, leads_to=trail_of)
    title, button = _("Who has seen a record"), _("Look")
    return done or render(
        request, "form.html", {"form": form, "title": title, "button": button}, status=status_of(form)
    )


def trail_of(said: AuditEntry) -> str:
    """The address of the trail that was opened."""
    return reverse("web:audit_of", args=[said.patient_id])


@page
def audit_of(request: Asked, patient_id: int) -> HttpResponse:
    """The trail of one patient; without a reason of the last hour it is asked for."""
    narrowed = Narrowed(request.GET)
    try:
        found = looks.of_one(request.user, patient_id).filter(**narrowed.bounds())
    except looks.ReasonNeeded:
        return redirect("web:look_into")
    rows = paged(request, found.select_related("actor"))
    return render(request, "audit.html", {"rows": rows, "narrowed": narrowed, "patient": patient_id})


@page
def export(request: Asked, patient_id: int) -> HttpResponse:
    """The trail of one patient as CSV; that it was taken out stands in it."""
    rows = list(looks.of_one(request.user, patient_id).values_list(*COLUMNS))
    actions.export(request.user, patient_id, rows=len(rows))
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(COLUMNS)
    table.writerows([at.isoformat(), *(guarded(str(cell)) for cell in others)] for at, *others in rows)
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="trail-{patient_id}.csv"'
    return response
