"""The short forms for what was measured, scored or seen, and for putting a wrong value right."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.actions import observing
from medmgmt.record.models import MEASURES, SCALES, Observation, ObservationCode
from medmgmt.web.kit.forms import asks, note, with_blank
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page
from medmgmt.web.kit.patient_page import chart_of, opened, patient_form
from medmgmt.web.record_forms import ObservationForm, observation_states


class EncounterForm(forms.Form):
    """A visit."""

    said = asks(observing.record_encounter)
    kind = said("kind", gettext_lazy("How you met"), widget=forms.RadioSelect(), initial="office")
    on = said("on", gettext_lazy("Day"))
    note = note(gettext_lazy("Note"))


class CorrectionForm(forms.Form):
    """What a value should have been, or that it should not be there at all."""

    said = asks(observing.correct_observation)
    value = said("value", gettext_lazy("Number"))
    value_code = said("value_code", gettext_lazy("State"), choices=())
    observed_at = said("observed_at", gettext_lazy("When"), required=True)
    entered_in_error = said(
        "entered_in_error",
        gettext_lazy("It was entered in error: there is no such value"),
        help_text=gettext_lazy("It leaves the chart, stays in the record, and what it had closed waits again."),
    )

    def __init__(self, *args: Any, of: Observation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        narrow(self, of.code)


def narrow(form: forms.Form, code: str) -> None:
    """Leaves the one field in which this code has its value, under its own name."""
    label = str(ObservationCode(code).label)
    if code in MEASURES:
        del form.fields["value_code"]
        measure = MEASURES[code]
        unit = f"{measure.at_least:f}–{measure.at_most:f}" if code in SCALES else measure.unit
        form.fields["value"].label, form.fields["value"].required = f"{label.capitalize()} ({unit})", True
        form.fields["value"].help_text = ""
        return
    del form.fields["value"]
    mine = next((list(words) for name, words in observation_states()[1:] if str(name) == label), [])
    field = form.fields["value_code"]
    field.choices, field.label, field.required = with_blank(mine), label.capitalize(), True  # type: ignore[attr-defined]
    field.help_text = ""


def only(form: ObservationForm, code: str) -> None:
    """The form of one code that was asked for."""
    form.fields["code"].widget = forms.HiddenInput()
    form.fields["code"].initial = code
    narrow(form, code)


@page
def new_observation(request: Asked, patient_id: int) -> HttpResponse:
    """A measurement, a score or a state; the address may say which, a code and nothing of the patient."""
    patient = opened(request.user, "record_observation", patient_id)
    code = request.GET.get("code", "")
    form = ObservationForm(request.POST or None, initial={"observed_at": timezone.localtime()})
    if code in ObservationCode.values and request.POST.get("code", code) == code:
        only(form, code)
    said = _("The observation is recorded.")
    done = sent(request, form, observing.record_observation, patient_id, leads_to=chart_of(patient), said=said)
    return done or patient_form(request, patient, form, title=_("Record an observation"), button=_("Record"))


@page
def new_encounter(request: Asked, patient_id: int) -> HttpResponse:
    """A visit."""
    patient = opened(request.user, "record_encounter", patient_id)
    form = EncounterForm(request.POST or None, initial={"on": patient.today(timezone.now())})
    said = _("The visit is recorded.")
    done = sent(request, form, observing.record_encounter, patient_id, leads_to=chart_of(patient), said=said)
    return done or patient_form(request, patient, form, title=_("Record a visit"), button=_("Record"))


@page
def correct_observation(request: Asked, patient_id: int, observation_id: int) -> HttpResponse:
    """Another value in the place of a wrong one, or none."""
    patient = opened(request.user, "record_observation", patient_id)
    old = get_object_or_404(Observation.current(patient.pk), pk=observation_id)
    initial = {name: getattr(old, name) for name in ("value", "value_code")}
    initial["value"] = None if old.value is None else f"{old.value.normalize():f}"
    initial["observed_at"] = timezone.localtime(old.observed_at)
    form = CorrectionForm(request.POST or None, of=old, initial=initial)
    said = _("The observation is corrected.")
    done = sent(request, form, observing.correct_observation, old.pk, leads_to=chart_of(patient), said=said)
    return done or patient_form(
        request, patient, form, title=_("Correct “%(what)s”") % {"what": old.get_code_display()}, button=_("Correct")
    )
