"""What became of alerts, for whoever tends the knowledge: shown, overridden, and followed up."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy

from interactions.models import AnswerReason, Severity
from medmgmt.knowledge import alerts as numbers
from medmgmt.knowledge import reads
from medmgmt.knowledge.alerts import Line
from medmgmt.record import access, door
from medmgmt.record.models import Role
from medmgmt.web.kit.forms import DayField
from medmgmt.web.kit.page import Asked, page


class Days(forms.Form):
    """Which days; the last ninety where nothing is typed."""

    since = DayField(label=gettext_lazy("From"), required=False)
    until = DayField(label=gettext_lazy("To"), required=False)


def asked(form: Days) -> tuple[date | None, date | None]:
    """The days of the form; none of what cannot be read."""
    if not form.is_valid():
        return None, None
    return form.cleaned_data["since"], form.cleaned_data["until"]


@page
def alerts(request: Asked) -> HttpResponse:
    """Numbers of these days, and what to propose for rules that are nearly always overridden."""
    form = Days(request.GET)
    found = numbers.alerts_between(request.user, *asked(form))
    known = reads.rules_by_number(request.user, rules_of(found.candidates))
    context = {
        "alerts": found,
        "severities": in_words(found.by_severity, dict(Severity.choices)),
        "roles": in_words(found.by_role, dict(Role.choices)),
        "reasons": in_words(found.by_reason, dict(AnswerReason.choices)),
        "form": form,
        "candidates": [(line, demotion(line, known)) for line in found.candidates],
        "may_curate": access.may(request.user, "curate_knowledge"),
    }
    return render(request, "alerts.html", context)


def in_words(lines: list[Line], words: Mapping[str, object]) -> list[Line]:
    """The same with names for people instead of codes."""
    return [replace(line, name=str(words.get(line.name, line.name))) for line in lines]


def rules_of(lines: list[Line]) -> list[tuple[str, str]]:
    """Source and number of what spoke."""
    return [(line.ruling.source, line.ruling.rule) for line in lines if line.ruling]


def demotion(line: Line, known: set[tuple[str, str]]) -> str:
    """What fills in the form for a change that grades it one lower; empty for a rule of the clinic's own."""
    ruling, places = line.ruling, Severity.values
    if ruling is None or ruling.rule.startswith("LOCAL-") or line.severity not in places:
        return ""
    given = {"severity": places[max(places.index(line.severity) - 1, 1)], "a": ruling.a, "b": ruling.b}
    if (ruling.source, ruling.rule) in known:
        given |= {"kind": "regrade", "of_source": ruling.source, "of_rule": ruling.rule}
    elif ruling.rule:
        given |= {"kind": "derivation", "of_code": ruling.rule}
    else:
        given |= {"kind": "pair"}
    return urlencode({name: value for name, value in given.items() if value})


@page
def export(request: Asked) -> HttpResponse:
    """The same as CSV; needs a fresh proof."""
    door.require_fresh()
    found = numbers.alerts_between(request.user, *asked(Days(request.GET)))
    return attached(numbers.as_csv(found), f"alerts-{found.until.isoformat()}.csv")


@page
def feedback(request: Asked) -> HttpResponse:
    """Each alert as feedback on decision support, as CSV; needs a fresh proof."""
    door.require_fresh()
    found = numbers.feedback(request.user, *asked(Days(request.GET)))
    return attached(numbers.feedback_csv(found), "alert-feedback.csv")


def attached(text: str, name: str) -> HttpResponse:
    """A table to keep."""
    response = HttpResponse(text, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
