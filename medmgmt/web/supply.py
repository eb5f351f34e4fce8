"""The supply of one medicine: what is written for the pharmacy, limits, labs it waits for, counts, adherence."""

from collections.abc import Sequence
from typing import Any

from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from medmgmt.actions import authorising, monitoring, supply
from medmgmt.actions.authorising import Written
from medmgmt.record import access
from medmgmt.record.models import User
from medmgmt.supply import reads
from medmgmt.supply.renewals import Renewal
from medmgmt.web.kit import banner
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page
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
        "banner": banner.banner_of(shown.patient, request.user),
        "may": powers(request.user, shown.patient),
    }
    return render(request, "supply.html", context)


@page
def adherence(request: Asked, patient_id: int) -> HttpResponse:
    """How regularly a patient has had each medicine and class."""
    access.require(request.user, "view_chart")
    patient, told = reads.adherence_of(request.user, patient_id)
    return render(
        request, "adherence.html", {"told": told, "banner": banner.banner_of(patient, request.user), "patient": patient}
    )


def supply_form(
    request: Asked, shown: Renewal, form: Form, *, title: str, button: str, notes: Sequence[str] = ()
) -> HttpResponse:
    """The form of one act with the supply of a medicine."""
    drug = shown.prescription.drug_name
    return patient_form(request, shown.patient, form, title=title, button=button, subtitle=drug, notes=notes)


@page
def authorise(request: Asked, prescription_id: int) -> HttpResponse:
    """A prescription for the pharmacy, or a series of them."""
    access.require(request.user, "authorise_refill")
    shown = reads.renewal(request.user, prescription_id)
    form = AuthoriseForm(request.POST or None, initial=vars(shown.proposed))

    def act(by: User, count: int, quantity_meant: bool, confirm: bool, **typed: Any) -> object:
        parts = authorising.series(Written(**typed), count, shown.today)
        return authorising.authorise_series(
            by, prescription_id, parts=parts, quantity_meant=quantity_meant, confirm=confirm
        )

    said = _("The prescription is written. Below is what the pharmacy would be told.")
    title, notes = _("Write a prescription for the pharmacy"), [shown.line, *shown.verdict]
    done = sent(request, form, act, leads_to=address_of(prescription_id), said=said)
    return done or supply_form(request, shown, form, title=title, button=_("Write it"), notes=notes)


@page
def revoke(request: Asked, prescription_id: int, authorisation_id: int) -> HttpResponse:
    """Taking a prescription back."""
    access.require(request.user, "authorise_refill")
    shown, form = reads.renewal(request.user, prescription_id), WhyForm(request.POST or None)
    said = _("The prescription is revoked. Tell the pharmacy as well.")
    notes = [_("Nothing more may be filled on it from today on. Fills that were made stand.")]
    done = sent(request, form, authorising.revoke, authorisation_id, leads_to=address_of(prescription_id), said=said)
    return done or supply_form(request, shown, form, title=_("Revoke a prescription"), button=_("Revoke"), notes=notes)


@page
def release(request: Asked, prescription_id: int) -> HttpResponse:
    """Supply goes on without its lab, with a reason."""
    access.require(request.user, "release_lab_gate")
    shown = reads.renewal(request.user, prescription_id)
    form = ReleaseForm(request.POST or None, initial={"until": shown.today + site.days("gate_release_days_usual")})
    said = _("The supply is released. Arrange the lab all the same.")
    title, notes = _("Release a supply that waits for a lab"), [shown.gate.sentence] if shown.gate else []
    act, here = monitoring.release_lab_gate, address_of(prescription_id)
    done = sent(request, form, act, prescription_id, leads_to=here, said=said)
    return done or supply_form(request, shown, form, title=title, button=_("Release"), notes=notes)


@page
def limit(request: Asked, prescription_id: int) -> HttpResponse:
    """Less at once, until a day, for a reason."""
    access.require(request.user, "limit_supply")
    shown = reads.supply(request.user, prescription_id)
    hint, today = shown.suggestion, shown.renewal.today
    days = hint.most_days if hint else site.whole("limit_portion_days_usual")
    form = LimitForm(request.POST or None, initial={"most_days": days, "until": today + site.days("limit_days_usual")})

    def act(by: User, all_medicines: bool, **typed: Any) -> object:
        of = None if all_medicines else prescription_id
        return authorising.limit_supply(by, shown.patient.pk, prescription_id=of, **typed)

    notes = [hint.danger, *hint.signs] if hint else []
    done = sent(request, form, act, leads_to=address_of(prescription_id), said=_("Dispensing is limited."))
    return done or supply_form(
        request, shown.renewal, form, title=_("Limit dispensing"), button=_("Limit it"), notes=notes
    )


@page
def lift(request: Asked, prescription_id: int, limit_id: int) -> HttpResponse:
    """Limited dispensing ends before its day."""
    access.require(request.user, "limit_supply")
    shown, form = reads.renewal(request.user, prescription_id), WhyForm(request.POST or None)
    said = _("Dispensing is no longer limited by this.")
    done = sent(request, form, authorising.lift_limit, limit_id, leads_to=address_of(prescription_id), said=said)
    return done or supply_form(request, shown, form, title=_("Lift limited dispensing"), button=_("Lift it"))


@page
def count(request: Asked, prescription_id: int) -> HttpResponse:
    """What is at home."""
    access.require(request.user, "count_pills")
    shown = reads.renewal(request.user, prescription_id)
    unit = shown.last_fill.unit if shown.last_fill else "{tablet}"
    form = CountForm(request.POST or None, initial={"counted_on": shown.today, "unit": unit})
    said = _("The count is recorded, and the supply is counted from it.")
    done = sent(request, form, supply.count_pills, prescription_id, leads_to=address_of(prescription_id), said=said)
    if done:
        return done
    patient, drug = opened(request.user, "count_pills", shown.patient.pk), shown.prescription.drug_name
    return patient_form(request, patient, form, title=_("Record a count"), button=_("Record"), subtitle=drug)
