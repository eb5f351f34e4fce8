"""Finding patients, taking them into care, moving them between levels of care, and how to reach them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import people
from medmgmt.actions import people as actions_people
from medmgmt.record import access
from medmgmt.record.models import Patient
from medmgmt.web.kit.forms import PatientSearch
from medmgmt.web.kit.once import once
from medmgmt.web.kit.page import Asked, page, paged, refusal_on, status_of, to
from medmgmt.web.kit.patient_page import chart_of, opened, patient_form
from medmgmt.web.record_forms import ContactForm, EnrolForm, RegisterForm, UpdatePatientForm

ZONES = (
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
    "America/Puerto_Rico",
    "Europe/London",
    "Europe/Madrid",
)
"""Offered in the form; any other IANA zone may be typed."""


@page
def patients(request: Asked) -> HttpResponse:
    """The patients in one's care. A search is a POST: names do not belong in addresses, logs and histories."""
    form = PatientSearch(request.POST if request.method == "POST" else None)
    search = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    rows = paged(request, people.patients(request.user, search=search))
    people.saw_list(request.user, "patients", len(rows))
    template = "_patients.html" if request.htmx else "patients.html"
    may_register = access.may(request.user, "register_patient")
    return render(request, template, {"form": form, "rows": rows, "search": search, "may_register": may_register})


@page
def register(request: Asked) -> HttpResponse:
    """Somebody new, in the care of one of one's own teams."""
    access.require(request.user, "register_patient")
    teams = people.teams(request.user)
    form = RegisterForm(request.POST or None, teams=teams, initial={"time_zone": timezone.get_default_timezone_name()})
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            address = once(
                request, lambda: chart_of(actions_people.register_patient(request.user, **form.cleaned_data))
            )
            return to(request, address, _("The patient is registered."))
    context = {"form": form, "zones": ZONES, "title": _("Register a patient"), "button": _("Register")}
    return render(request, "form.html", context, status=status_of(form))


@page
def update(request: Asked, patient_id: int) -> HttpResponse:
    """Corrected details of a patient."""
    patient = opened(request.user, "register_patient", patient_id)
    names = ("given_name", "family_name", "birth_date", "sex", "language", "time_zone", "version")
    form = UpdatePatientForm(request.POST or None, initial={name: getattr(patient, name) for name in names})
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions_people.update_patient(request.user, patient_id, **form.cleaned_data)
            return to(request, chart_of(patient), _("The details are corrected."))
    return patient_form(request, patient, form, title=_("Correct details"), button=_("Save"), zones=ZONES)


@page
def enrol(request: Asked, patient_id: int) -> HttpResponse:
    """Into another level of care."""
    patient = opened(request.user, "enrol", patient_id)
    form = EnrolForm(request.POST or None, initial={"starts_on": patient.today(timezone.now())})
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions_people.enrol(request.user, patient_id, **form.cleaned_data)
            return to(request, chart_of(patient), _("The level of care is changed."))
    return patient_form(request, patient, form, title=_("Change the level of care"), button=_("Change"))


@page
def contact(request: Asked, patient_id: int) -> HttpResponse:
    """How a patient may be reached, and whether they agreed."""
    patient = opened(request.user, "enrol", patient_id)
    form = ContactForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            once(request, lambda: set_contact(request, patient, form))
            return to(request, reverse("web:contact", args=[patient_id]), _("The address is saved."))
    points = list(patient.contact_points.filter(ended_at=None).order_by("channel"))
    return patient_form(request, patient, form, title=_("How to reach the patient"), button=_("Save"), points=points)


def set_contact(request: Asked, patient: Patient, form: ContactForm) -> str:
    """Saves the address; where to go next."""
    actions_people.set_contact(request.user, patient.pk, **form.cleaned_data)
    return chart_of(patient)
