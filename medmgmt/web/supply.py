"""The supply of one medicine: what is written for the pharmacy, limits, labs it waits for, counts, adherence."""

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from medmgmt.actions import authorising, monitoring, supply
from medmgmt.actions.authorising import Written
from medmgmt.record import access
from medmgmt.supply import reads
from medmgmt.web.kit import banner
from medmgmt.web.kit.once import once
from medmgmt.web.kit.page import Asked, page, refusal_on, to
from medmgmt.web.kit.patient_page import opened, patient_form
from medmgmt.web.kit.powers import powers
from medmgmt.web.supply_forms import AuthoriseForm, CountForm, LimitForm, ReleaseForm, WhyForm
from refills import site


def address_of(prescription_id: int) -> str:
    """Where the supply of a medicine is shown."""
    return reverse("web:supply", args=[prescription_id])


@page
def show(request: Asked, prescription_id: int) -> HttpResponse:
    """What is written and left, what the pharmacy would be told, limits, labs, adherence, early and partial fills."""
    shown = reads.supply(request.user, prescription_id)
    context = {
        "page": shown,
        "one": shown.renewal,
        "banner": banner.of(shown.patient),
        "may": powers(request.user),
    }
    return render(request, "supply.html", context)


@page
def adherence(request: Asked, patient_id: int) -> HttpResponse:
    """How regularly a patient has had each medicine and class."""
    access.require(request.user, "view_chart")
    patient, told = reads.adherence_of(request.user, patient_id)
    return render(request, "adherence.html", {"told": told, "banner": banner.of(patient), "patient": patient})


def done(request: Asked, prescription_id: int, act: Callable[[], object]) -> str:
    """Does the act once; the address of the supply."""

    def do() -> str:
        act()
        return address_of(prescription_id)

    return once(request, do)


def sent(
    request: Asked, prescription_id: int, form: Form, act: Callable[[dict[str, Any]], object], told: str
) -> HttpResponse | None:
    """What a filled-in form asks for, done once, and the way back to the supply; None where the form is to be shown."""
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            return to(request, done(request, prescription_id, lambda: act(dict(form.cleaned_data))), told)
    return None


@page
def authorise(request: Asked, prescription_id: int) -> HttpResponse:
    """A prescription for the pharmacy, or a series of them."""
    access.require(request.user, "authorise_refill")
    shown = reads.renewal(request.user, prescription_id)
    form = AuthoriseForm(request.POST or None, initial=vars(shown.proposed))

    def act(values: dict[str, Any]) -> object:
        count, meant = values.pop("count"), values.pop("quantity_meant")
        parts = authorising.series(Written(**values), count, shown.today)
        return authorising.authorise_series(request.user, prescription_id, parts=parts, quantity_meant=meant)

    told = _("The prescription is written. Below is what the pharmacy would be told.")
    return sent(request, prescription_id, form, act, told) or patient_form(
        request,
        shown.patient,
        form,
        title=_("Write a prescription for the pharmacy"),
        button=_("Write it"),
        subtitle=shown.prescription.drug_name,
        notes=[shown.line, *shown.verdict],
    )


@page
def revoke(request: Asked, prescription_id: int, authorisation_id: int) -> HttpResponse:
    """Taking a prescription back."""
    access.require(request.user, "authorise_refill")
    shown = reads.renewal(request.user, prescription_id)
    form = WhyForm(request.POST or None)

    def act(values: dict[str, Any]) -> object:
        return authorising.revoke(request.user, authorisation_id, **values)

    return sent(
        request, prescription_id, form, act, _("The prescription is revoked. Tell the pharmacy as well.")
    ) or patient_form(
        request,
        shown.patient,
        form,
        title=_("Revoke a prescription"),
        button=_("Revoke"),
        subtitle=shown.prescription.drug_name,
        notes=[_("Nothing more may be filled on it from today on. Fills that were made stand.")],
    )


@page
def release(request: Asked, prescription_id: int) -> HttpResponse:
    """Supply goes on without its lab, with a reason."""
    access.require(request.user, "release_lab_gate")
    shown = reads.renewal(request.user, prescription_id)
    form = ReleaseForm(request.POST or None, initial={"until": shown.today + site.days("gate_release_days_usual")})

    def act(values: dict[str, Any]) -> object:
        return monitoring.release_lab_gate(request.user, prescription_id, **values)

    return sent(
        request, prescription_id, form, act, _("The supply is released. Arrange the lab all the same.")
    ) or patient_form(
        request,
        shown.patient,
        form,
        title=_("Release a supply that waits for a lab"),
        button=_("Release"),
        subtitle=shown.prescription.drug_name,
        notes=[shown.gate.sentence] if shown.gate else [],
    )


@page
def limit(request: Asked, prescription_id: int) -> HttpResponse:
    """Less at once, until a day, for a reason."""
    access.require(request.user, "limit_supply")
    shown = reads.supply(request.user, prescription_id)
    hint, today = shown.suggestion, shown.renewal.today
    days = hint.most_days if hint else site.whole("limit_portion_days_usual")
    form = LimitForm(request.POST or None, initial={"most_days": days, "until": today + site.days("limit_days_usual")})

    def act(values: dict[str, Any]) -> object:
        of = None if values.pop("all_medicines") else prescription_id
        return authorising.limit_supply(request.user, shown.patient.pk, prescription_id=of, **values)

    return sent(request, prescription_id, form, act, _("Dispensing is limited.")) or patient_form(
        request,
        shown.patient,
        form,
        title=_("Limit dispensing"),
        button=_("Limit it"),
        subtitle=shown.renewal.prescription.drug_name,
        notes=[hint.danger, *hint.signs] if hint else [],
    )


@page
def lift(request: Asked, prescription_id: int, limit_id: int) -> HttpResponse:
    """Limited dispensing ends before its day."""
    access.require(request.user, "limit_supply")
    shown = reads.renewal(request.user, prescription_id)
    form = WhyForm(request.POST or None)

    def act(values: dict[str, Any]) -> object:
        return authorising.lift_limit(request.user, limit_id, **values)

    return sent(request, prescription_id, form, act, _("Dispensing is no longer limited by this.")) or patient_form(
        request,
        shown.patient,
        form,
        title=_("Lift limited dispensing"),
        button=_("Lift it"),
        subtitle=shown.prescription.drug_name,
    )


@page
def count(request: Asked, prescription_id: int) -> HttpResponse:
    """What is at home."""
    access.require(request.user, "count_pills")
    shown = reads.renewal(request.user, prescription_id)
    last = shown.last_fill
    form = CountForm(
        request.POST or None, initial={"counted_on": shown.today, "unit": last.unit if last else "{tablet}"}
    )

    def act(values: dict[str, Any]) -> object:
        return supply.count_pills(request.user, prescription_id, **values)

    return sent(
        request, prescription_id, form, act, _("The count is recorded, and the supply is counted from it.")
    ) or patient_form(
        request,
        opened(request.user, "count_pills", shown.patient.pk),
        form,
        title=_("Record a count"),
        button=_("Record"),
        subtitle=shown.prescription.drug_name,
    )
