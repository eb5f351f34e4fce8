"""A side effect taken down in half a minute, what it may come from, and its corrections."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.knowledge import SideEffectTerm
from medmgmt import side_effects as medmgmt_side_effects
from medmgmt.actions import side_effects
from medmgmt.record import access, dosing
from medmgmt.record.models import SideEffectReport, Suspect, User
from medmgmt.regimen import courses
from medmgmt.web.kit import banner
from medmgmt.web.kit.forms import SideEffectForm
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page
from medmgmt.web.kit.patient_page import opened, patient_form
from medmgmt.web.kit.powers import powers


@page
def new(request: Asked, patient_id: int) -> HttpResponse:
    """The nurse's form."""
    patient = opened(request.user, "log_side_effect", patient_id)
    form = SideEffectForm(request.POST or None, initial={"began_on": patient.today(timezone.now())})
    done = sent(request, form, logged, patient_id, leads_to=page_of, said=_("The side effect is logged."))
    return done or patient_form(request, patient, form, template="side_effect_form.html", terms=terms())


def terms() -> tuple[SideEffectTerm, ...]:
    """The side effects that the active knowledge has words for; any other may be typed."""
    return library.current().terms


def logged(by: User, patient_id: int, **typed: Any) -> SideEffectReport:
    """Takes it down."""
    return side_effects.log_side_effect(by, patient_id, **without_blanks(typed))


def corrected(by: User, report_id: int, **typed: Any) -> SideEffectReport:
    """Takes the new version down."""
    return side_effects.correct_side_effect(by, report_id, **without_blanks({**typed, "confirm": ""}))


def without_blanks(typed: dict[str, Any]) -> dict[str, Any]:
    """The fields as the action takes them; what was left open stays at its default."""
    coded = ("outcome", "action_taken", "confirm")
    return {name: value for name, value in typed.items() if value or name not in coded}


def page_of(report: SideEffectReport) -> str:
    """The address of a report."""
    return reverse("web:side_effect", args=[report.pk])


@page
def show(request: Asked, report_id: int) -> HttpResponse:
    """One report: suspects with their reasons in words, the task it opened, its versions."""
    if request.user.patient_id:
        return redirect("web:portal")
    shown = medmgmt_side_effects.side_effect(request.user, report_id)
    context = {
        "page": shown,
        "accused": accused(shown),
        "banner": banner.banner_of(shown.patient, request.user),
        "may": powers(request.user, shown.patient),
        "is_newest": shown.versions[-1].pk == shown.report.pk,
    }
    return render(request, "side_effect.html", context)


@dataclass(frozen=True)
class Accused:
    """A suspect, and how its medicine stands today: taking, held, stopped."""

    suspect: Suspect
    state: str


def accused(shown: medmgmt_side_effects.SideEffectPage) -> list[Accused]:
    """The suspects in their order, so that the page offers only what can still be done; one query."""
    today = shown.patient.today(timezone.now())
    known = courses.of_patient(shown.patient.pk)
    states = {one.prescription.pk: dosing.dose_on(today, one.steps).state for one in known}
    return [Accused(suspect, states.get(suspect.prescription_id, "")) for suspect in shown.suspects]


@page
def correct(request: Asked, report_id: int) -> HttpResponse:
    """A new version; the old one stays readable."""
    access.require(request.user, "view_chart")
    shown = medmgmt_side_effects.side_effect(request.user, report_id)
    form = SideEffectForm(
        request.POST or None, initial={name: getattr(shown.report, name, None) for name in SideEffectForm.base_fields}
    )
    done = sent(request, form, corrected, report_id, leads_to=page_of, said=_("The report is corrected."))
    return done or patient_form(
        request, shown.patient, form, template="side_effect_form.html", terms=terms(), corrects=shown.report
    )
