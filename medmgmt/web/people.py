"""Finding patients, taking them into care, moving them between levels of care, and how to reach them."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import people
from medmgmt.actions import merging
from medmgmt.actions import people as actions_people
from medmgmt.record import access
from medmgmt.record.models import Patient, User
from medmgmt.web.kit import kept
from medmgmt.web.kit.forms import PatientSearch
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, paged, status_of
from medmgmt.web.kit.patient_page import chart_of, opened, patient_form
from medmgmt.web.record_forms import ContactForm, EnrolForm, MergeForm, RegisterForm, UpdatePatientForm

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
    access.require(request.user, "list_patients")
    if request.method == "POST" and not request.htmx:
        return kept.to_be_shown(request)
    form = PatientSearch(request.POST or None)
    search = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    rows = paged(request, people.patients(request.user, search=search))
    template = "_patients.html" if request.htmx else "patients.html"
    may_register = access.may(request.user, "register_patient")
    return render(request, template, {"form": form, "rows": rows, "search": search, "may_register": may_register})


@page
def register(request: Asked) -> HttpResponse:
    """Somebody new, in the care of one of one's own teams."""
    access.require(request.user, "register_patient")
    teams = people.teams(request.user)
    form = RegisterForm(request.POST or None, teams=teams, initial={"time_zone": timezone.get_default_timezone_name()})
    said = _("The patient is registered.")
    done = sent(request, form, actions_people.register_patient, leads_to=chart_of, said=said)
    context = {"form": form, "zones": ZONES, "title": _("Register a patient"), "button": _("Register")}
    context["doubles"] = doubles_of(request.user, form) if form.is_bound and not done else []
    return done or render(request, "register.html", context, status=status_of(form))


def doubles_of(by: User, form: RegisterForm) -> list[people.Double]:
    """Whose charts to look at before a second one is made, also where the form comes back after signing in, unread."""
    form.is_valid()
    said = form.cleaned_data
    if not (said.get("mrn") and said.get("birth_date")):
        return []
    told = people.Told(said["mrn"], said.get("given_name") or "", said.get("family_name") or "", said["birth_date"])
    return people.doubles(by, "register_patient", told)


@page
def update(request: Asked, patient_id: int) -> HttpResponse:
    """Corrected details of a patient."""
    patient = opened(request.user, "register_patient", patient_id)
    names = ("given_name", "family_name", "birth_date", "sex", "language", "time_zone", "version")
    form = UpdatePatientForm(request.POST or None, initial={name: getattr(patient, name) for name in names})
    said = _("The details are corrected.")
    done = sent(request, form, actions_people.update_patient, patient_id, leads_to=chart_of(patient), said=said)
    notes = meanwhile(form, patient) if form.is_bound and not done else []
    title = _("Correct details")
    return done or patient_form(request, patient, form, title=title, button=_("Save"), zones=ZONES, notes=notes)


def meanwhile(form: UpdatePatientForm, patient: Patient) -> list[str]:
    """What is on record now where it is not what was typed, if somebody was faster; what is sent next has seen it."""
    if form["version"].value() == str(patient.version):
        return []
    form.data = {**{name: form[name].value() for name in form.fields}, "version": patient.version}
    told = [(form[name].label, str(getattr(patient, name)), str(form[name].value())) for name in form.fields]
    return [_("On record now: %(what)s %(now)s") % {"what": label, "now": now} for label, now, typed in told
            if now != typed and label != form["version"].label]  # fmt: skip


@page
def merge(request: Asked, patient_id: int) -> HttpResponse:
    """This chart into another of the same person."""
    patient = opened(request.user, "merge_charts", patient_id)
    form = MergeForm(request.POST or None)
    said = _("The charts are one. The old address leads here.")
    done = sent(request, form, merging.merge_charts, patient_id, leads_to=chart_of, said=said)
    notes = [_("Everything in this chart goes into the other one, and its address leads there. Nothing undoes it.")]
    title, button = _("The same person has another chart"), _("Merge the charts")
    return done or patient_form(request, patient, form, title=title, button=button, notes=notes)


@page
def enrol(request: Asked, patient_id: int) -> HttpResponse:
    """Into another level of care."""
    patient = opened(request.user, "enrol", patient_id)
    form = EnrolForm(request.POST or None, initial={"starts_on": patient.today(timezone.now())})
    said = _("The level of care is changed.")
    done = sent(request, form, actions_people.enrol, patient_id, leads_to=chart_of(patient), said=said)
    return done or patient_form(request, patient, form, title=_("Change the level of care"), button=_("Change"))


@page
def contact(request: Asked, patient_id: int) -> HttpResponse:
    """How a patient may be reached, and whether they agreed."""
    patient = opened(request.user, "enrol", patient_id)
    form = ContactForm(request.POST or None)
    here, said = reverse("web:contact", args=[patient_id]), _("The address is saved.")
    done = sent(request, form, actions_people.set_contact, patient_id, leads_to=here, said=said)
    points = patient.contact_points.filter(ended_at=None).order_by("channel")
    title = _("How to reach the patient")
    return done or patient_form(request, patient, form, title=title, button=_("Save"), points=points)
