"""What pages about one patient share: the address of the chart, and a form under the patient's banner."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from medmgmt.record import access
from medmgmt.record.models import Patient, User
from medmgmt.web.kit import banner
from medmgmt.web.kit.page import Asked, status_of


def chart_of(patient: Patient) -> str:
    """The address of a patient's chart."""
    return reverse("web:chart", args=[patient.pk])


def opened(by: User, act: str, patient_id: int) -> Patient:
    """The patient, for the form of an act: a look into the chart that says what for. The act itself comes later."""
    access.require(by, act)
    patient = access.patient_for(by, "view_chart", patient_id, why=f"the form of {act}")
    access.require_here(by, act, patient)
    return patient


def patient_form(
    request: Asked,
    patient: Patient,
    form: forms.BaseForm,
    *,
    template: str = "patient_form.html",
    **extra: object,
) -> HttpResponse:
    """A form under the patient's banner; sent back with what was typed, it is a 422."""
    context = {"banner": banner.banner_of(patient, request.user), "form": form, **extra}
    return render(request, template, context, status=status_of(form))
