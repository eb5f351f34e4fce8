"""The chart, the dose history of one medicine, and the short forms that add to a chart."""

from datetime import date, datetime

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from medmgmt import chart as charts
from medmgmt.actions import importing, observing, supply
from medmgmt.record import access
from medmgmt.record.errors import Refused
from medmgmt.supply import repeats
from medmgmt.web.kit import banner, stepchart
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, to
from medmgmt.web.kit.patient_page import chart_of, opened, patient_form
from medmgmt.web.kit.powers import powers
from medmgmt.web.record_forms import AllergyForm, AllergyMeaningForm, ConditionForm, DispenseForm
from medmgmt.web.supply_forms import WhyForm


@page
def chart(request: Asked, patient_id: int) -> HttpResponse:
    """Everything about one patient, with the doses as of any day."""
    shown = charts.chart(request.user, patient_id, day=day_asked(request.GET.get("day", "")))
    if shown.patient.pk != patient_id:
        return to(request, chart_of(shown.patient), _("The chart was merged into this one, of the same person."))
    is_today = shown.day == shown.today
    context = {
        "chart": shown,
        "banner": banner.of_chart(shown),
        "may": powers(request.user, shown.patient) if is_today else {},
        "is_today": is_today,
        "as_of": None if is_today else shown.day,
    }
    return render(request, "chart.html", context)


def day_asked(text: str) -> date | None:
    """The day in the address, None where there is none; Refused where nobody can read it."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 a day has no zone
    except ValueError as wrong:
        raise Refused(_("This is no day that a chart can show. Write it as year, month, day: 2026-03-31.")) from wrong


@page
def dismiss_remark(request: Asked, remark_id: int) -> HttpResponse:
    """What stood on the chart after an import has been read."""
    if request.method != "POST":
        return redirect("web:home")
    remark = importing.dismiss_remark(request.user, remark_id)
    return to(request, reverse("web:chart", args=[remark.patient_id]), _("It leaves the chart and stays on record."))


@page
def course(request: Asked, prescription_id: int) -> HttpResponse:
    """The dose history of one medicine: drawing, sentence and table."""
    shown = charts.course(request.user, prescription_id)
    steps = [change.step for change in shown.medication.course]
    today = shown.patient.today(timezone.now())
    context = {
        "course": shown,
        "today": today,
        "banner": banner.banner_of(shown.patient, request.user),
        "drawing": stepchart.draw(steps, today, shown.medication.prescription.strength),
        "summary": stepchart.sentence(steps, today),
        "may": powers(request.user, shown.patient),
    }
    return render(request, "course.html", context)


@page
def new_allergy(request: Asked, patient_id: int) -> HttpResponse:
    """An allergy or intolerance."""
    patient = opened(request.user, "record_observation", patient_id)
    form = AllergyForm(request.POST or None)
    said = _("The allergy is recorded.")
    done = sent(request, form, observing.record_allergy, patient_id, leads_to=chart_of(patient), said=said)
    return done or patient_form(request, patient, form, title=_("Record an allergy or intolerance"), button=_("Record"))


@page
def code_allergy(request: Asked, patient_id: int, allergy_id: int) -> HttpResponse:
    """Which medicine or class a line of the allergy list means."""
    patient = opened(request.user, "record_observation", patient_id)
    line = get_object_or_404(patient.allergies, pk=allergy_id)
    form = AllergyMeaningForm(request.POST or None)
    said = _("It is compared from now on.")
    done = sent(request, form, observing.code_allergy, allergy_id, leads_to=chart_of(patient), said=said)
    title, notes = _("Which substance is meant?"), [_("On the allergy list as: %(words)s") % {"words": line.substance}]
    return done or patient_form(request, patient, form, title=title, button=_("Save"), notes=notes)


@page
def new_condition(request: Asked, patient_id: int) -> HttpResponse:
    """A diagnosis."""
    patient = opened(request.user, "record_observation", patient_id)
    form = ConditionForm(request.POST or None)
    said = _("The diagnosis is recorded.")
    done = sent(request, form, observing.record_condition, patient_id, leads_to=chart_of(patient), said=said)
    return done or patient_form(request, patient, form, title=_("Record a diagnosis"), button=_("Record"))


@page
def new_dispense(request: Asked, prescription_id: int) -> HttpResponse:
    """A fill, from which run-out and reminders follow."""
    shown = charts.course(request.user, prescription_id)
    access.require(request.user, "record_dispense")
    today = shown.patient.today(timezone.now())
    form = DispenseForm(request.POST or None, initial={"dispensed_on": today})
    said = _("The fill is recorded, and the reminders are planned.")
    done = sent(request, form, supply.record_dispense, prescription_id, leads_to=chart_of(shown.patient), said=said)
    med, title, notes = shown.medication, _("Record a fill"), about_fills(shown)
    patient, button = shown.patient, _("Record")
    return done or patient_form(request, patient, form, title=title, button=button, medication=med, notes=notes)


@page
def void_fill(request: Asked, prescription_id: int, dispense_id: int) -> HttpResponse:
    """Taking back a fill that was written down wrongly."""
    access.require(request.user, "void_fill")
    shown, form = charts.course(request.user, prescription_id), WhyForm(request.POST or None)
    found = [repeats.in_words(one) for one in shown.dispenses if one.pk == dispense_id]
    said = _("The fill is taken back. Run-out and reminders follow.")
    notes = [*found, _("It stays in the record with your reason, and counts no more.")]
    done = sent(request, form, supply.void_fill, dispense_id, leads_to=chart_of(shown.patient), said=said)
    subtitle, title = shown.medication.prescription.drug_name, _("Take a fill back")
    return done or patient_form(
        request, shown.patient, form, title=title, button=_("Take it back"), subtitle=subtitle, notes=notes
    )


def about_fills(shown: charts.CoursePage) -> list[str]:
    """What to know before a fill: how often it was early of late, and from when the next is due."""
    told = [
        _("Early in the last half year: %(reason)s, %(times)s times.") % {"reason": reason, "times": number}
        if number > 1
        else _("Early in the last half year: %(reason)s, once.") % {"reason": reason}
        for reason, number in shown.early
    ]
    told = told or [_("No early fill in the last half year.")]
    if shown.due_from is None:
        return told
    return [_("The next fill is due from %(day)s.") % {"day": date_format(shown.due_from, "j M Y")}, *told]
