"""The short forms for what was measured, scored or seen, and for putting a wrong value right."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions import library
from medmgmt.actions import observing
from medmgmt.monitoring import alarms, understanding
from medmgmt.record import access
from medmgmt.record.errors import Refused
from medmgmt.record.models import Observation
from medmgmt.regimen import lexicon, readings
from medmgmt.web.kit import banner, plain_words
from medmgmt.web.kit.forms import MomentField, asks, confirm, note, with_blank
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import FORESEEN, Asked, mendable, page
from medmgmt.web.kit.patient_page import chart_of, opened, patient_form
from medmgmt.worklist import reads
from refills.models import TaskKind


class EncounterForm(forms.Form):
    """A visit."""

    said = asks(observing.record_encounter)
    kind = said("kind", gettext_lazy("How you met"), widget=forms.RadioSelect(), initial="office")
    on = said("on", gettext_lazy("Day"))
    note = note(gettext_lazy("Note"))


class ValueForm(forms.Form):
    """A value as it is typed, with its unit or without, or a state; the fields of one code once it is known."""

    value = forms.CharField(
        label=gettext_lazy("Value"),
        required=False,
        max_length=readings.LONGEST,
        help_text=gettext_lazy("As the laboratory prints it: 1.8, <0.1, 1500 /µL, 200/120. A state in its word."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    value_code = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    unit = forms.CharField(required=False, max_length=40, widget=forms.HiddenInput())
    observed_at = MomentField(label=gettext_lazy("When"), is_past=True)
    confirm = confirm(gettext_lazy("Yes: record it as the question says"))


class ObservationForm(ValueForm):
    """A measurement, a score or a state, found by any of its names."""

    code = forms.CharField(
        label=gettext_lazy("What"),
        max_length=60,
        help_text=gettext_lazy("Type some letters of its name and choose."),
        widget=forms.TextInput(attrs={"list": "observables", "autocomplete": "off", "spellcheck": "false"}),
    )
    field_order = ("code", "value", "observed_at")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["value"].required = not self.data.get("value_code")

    def clean_code(self) -> str:
        """One of the names that are known."""
        code = str(self.cleaned_data["code"])
        try:
            understanding.called(code, library.observed())
        except Refused as unknown:
            raise forms.ValidationError(f"{unknown} {_('Choose one of the list.')}") from unknown
        return code


class CorrectionForm(ValueForm):
    """What a value should have been, or that it should not be there at all."""

    entered_in_error = forms.BooleanField(
        label=gettext_lazy("It was entered in error: there is no such value"),
        required=False,
        help_text=gettext_lazy("It leaves the chart, stays in the record, and what it had closed waits again."),
    )
    field_order = ("value", "value_code", "observed_at", "entered_in_error")

    def __init__(self, *args: Any, of: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        narrow(self, of)


def narrow(form: forms.Form, code: str) -> None:
    """Leaves the one field in which this code has its value, under its own name."""
    of = library.observed().by_code[code]
    label = lexicon.label(code)
    label = f"{label[:1].upper()}{label[1:]}"
    if of.answers:
        del form.fields["value"]
        words = [(answer, plain_words.state_words(code, answer)) for answer in of.answers]
        form.fields["value_code"] = forms.ChoiceField(label=label, choices=with_blank(words))
        return
    del form.fields["value_code"]
    low, high = of.possible
    unit = f"{low:f}–{high:f}" if of.is_scale else lexicon.unit_words(of.unit)
    form.fields["value"].label, form.fields["value"].required = f"{label} ({unit})" if unit else label, True
    form.fields["value"].help_text = "" if of.is_scale else _("A number; with its unit where that is another one.")


def only(form: ObservationForm, code: str) -> None:
    """The form of one code that was asked for."""
    form.fields["code"].widget = forms.HiddenInput()
    form.fields["code"].initial = code
    narrow(form, code)


def names() -> list[tuple[str, str]]:
    """Every name by which something may be found, with its unit and its other names."""
    found = []
    for code, one in library.observed().by_code.items():
        low, high = one.possible
        unit = f"{low:f}–{high:f}" if one.is_scale and not one.answers else lexicon.unit_words(one.unit)
        found.append((lexicon.label(code), ", ".join(part for part in (unit, *one.other_names) if part)))
    return sorted(found, key=lambda each: each[0].casefold())


@page
def new_observation(request: Asked, patient_id: int) -> HttpResponse:
    """A measurement, a score or a state; the address may say which, a code and nothing of the patient."""
    patient = opened(request.user, "record_observation", patient_id)
    code = request.GET.get("code", "")
    form = ObservationForm(request.POST or None, initial={"observed_at": timezone.localtime()})
    if code in library.observed().by_code and request.POST.get("code", code) == code:
        only(form, code)
    if request.htmx:
        return understood(request, patient_id, form)
    said = _("The observation is recorded.")
    done = sent(request, form, observing.record_observation, patient_id, leads_to=told_or_chart, said=said)
    return done or patient_form(
        request,
        patient,
        form,
        template="observation_form.html",
        names=names(),
        title=_("Record an observation"),
        button=_("Record"),
    )


def understood(request: Asked, patient_id: int, form: ObservationForm) -> HttpResponse:
    """What was typed so far would mean, shown below it while it is typed; nothing is recorded."""
    found, question = None, ""
    if form.is_valid():
        try:
            found = understanding.understood(request.user, patient_id, **form.cleaned_data)
        except FORESEEN as refused:
            question = mendable(refused).detail
    return render(request, "_understood.html", {"found": found, "question": question})


def told_or_chart(made: Observation) -> str:
    """On to what the value asks for, or back to the chart where it asks for nothing."""
    if alarms.of_made(made.recorded_by, made) is None:
        return chart_of(made.patient)
    return reverse("web:told", args=[made.patient_id, made.pk])


@page
def told(request: Asked, patient_id: int, observation_id: int) -> HttpResponse:
    """What a value asks for now, for whoever has recorded it or has it on their list."""
    patient = access.patient_for(request.user, "view_chart", patient_id, why="what a result asks for")
    one = get_object_or_404(Observation.current(patient.pk).select_related("patient"), pk=observation_id)
    access.require_open(request.user, patient, one)
    context = {
        "banner": banner.banner_of(patient, request.user),
        "observation": one,
        "told": alarms.of_made(request.user, one),
    }
    return render(
        request,
        "told.html",
        {**context, "tasks": reads.worklist(request.user, whose="team", kind=TaskKind.RESULT, patient_id=patient.pk)},
    )


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
    access.require_open(request.user, patient, old)
    initial = {
        "value": "" if old.value is None else f"{old.comparator}{old.value.normalize():f}",
        "value_code": old.value_code,
        "observed_at": timezone.localtime(old.observed_at),
    }
    form = CorrectionForm(request.POST or None, of=old.code, initial=initial)
    said = _("The observation is corrected.")
    done = sent(request, form, observing.correct_observation, old.pk, leads_to=told_or_chart, said=said)
    return done or patient_form(
        request, patient, form, title=_("Correct “%(what)s”") % {"what": lexicon.label(old.code)}, button=_("Correct")
    )
