"""A whole chart as a file: for the care team, for the privacy officer, and for the patient their own."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.actions import exporting
from medmgmt.exporting import files
from medmgmt.exporting.reading import Export
from medmgmt.record import access
from medmgmt.web.kit.forms import asks, note
from medmgmt.web.kit.page import Asked, page, refusal_on, status_of
from medmgmt.web.kit.patient_page import opened, patient_form

KINDS = (
    ("pdf", gettext_lazy("PDF, for reading and printing")),
    ("json", gettext_lazy("JSON, for another computer system")),
)


class ExportForm(forms.Form):
    """As which file, and what for."""

    said = asks(exporting.export_chart)
    form = said("form", gettext_lazy("As which file?"), choices=KINDS, initial="pdf", widget=forms.RadioSelect())
    reason = note(
        gettext_lazy("What is it needed for?"),
        required=True,
        help_text=gettext_lazy("A sentence. It stands in the trail, and the patient can read it."),
    )


class NumberedForm(ExportForm):
    """Whose, by number; for the privacy officer."""

    said = asks(exporting.export_chart_numbered)
    mrn = said("mrn", gettext_lazy("Medical record number"), max_length=40)
    field_order = ("mrn", "form", "reason")


class MyRecordForm(forms.Form):
    """As which file."""

    said = asks(exporting.export_chart)
    form = said("form", gettext_lazy("As which file?"), choices=KINDS, initial="pdf", widget=forms.RadioSelect())


def left(
    request: Asked, form: forms.Form, act: Callable[..., Export], *about: object, **told: Any
) -> HttpResponseBase | None:
    """The file that was asked for, sent piece by piece; None where the form is to be shown."""
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            export = act(request.user, *about, **form.cleaned_data, **told)
            file = files.file_of(export, form.cleaned_data["form"])
            return StreamingHttpResponse(file.pieces, content_type=file.media_type, headers=file.headers)
    return None


@page
def export_chart(request: Asked, patient_id: int) -> HttpResponseBase:
    """A chart in one's care."""
    patient = opened(request.user, "export_chart", patient_id)
    form = ExportForm(request.POST or None)
    notes = [_("Everything on record leaves in one file. Keep it as safe as the chart, and delete it when it is done.")]
    done = left(request, form, exporting.export_chart, patient_id)
    return done or patient_form(
        request, patient, form, title=_("Export the whole chart"), button=_("Export"), notes=notes
    )


@page
def export_numbered(request: Asked) -> HttpResponseBase:
    """The privacy officer's: anybody's chart, by its number."""
    access.require(request.user, "export_numbered")
    form = NumberedForm(request.POST or None)
    done = left(request, form, exporting.export_chart_numbered)
    context = {"form": form, "title": _("Export a whole chart"), "button": _("Export")}
    return done or render(request, "form.html", context, status=status_of(form))


@page
def my_record(request: Asked) -> HttpResponseBase:
    """The patient's own record."""
    access.require(request.user, "view_own")
    form = MyRecordForm(request.POST or None)
    done = left(request, form, exporting.export_chart, request.user.patient_id or 0)
    return done or render(request, "my_record.html", {"form": form}, status=status_of(form))
