"""Requests to amend the record: the patient's own pages, the clinic's, and the privacy officer's list."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import amendments as reads
from medmgmt.actions import amendments as actions
from medmgmt.record import access
from medmgmt.record.models import AmendmentRequest, Decision, Ground, Patient, Role, User, Way
from medmgmt.web.kit.forms import asks, note, with_blank
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, status_of
from medmgmt.web.kit.patient_page import opened, patient_form
from medmgmt.web.kit.powers import powers

PROGRAMME = "programme"
"""In place of a kind of entry: something that a Part 2 programme wrote, without saying what."""


def entry_field(label: Any, help_text: Any = "") -> forms.ChoiceField:
    """One entry of the record, or none; filled with what the person may see."""
    return forms.ChoiceField(label=label, required=False, help_text=help_text)


def offer(form: forms.Form, by: User, patient: Patient, none: object) -> None:
    """Puts the entries of this chart into the form, and for a programme's patient the programmes."""
    choices: list[Any] = [("", none), *((one.label, one.entries) for one in reads.choices(by, patient))]
    for number, name in reads.programmes_of(patient) if by.role == Role.PATIENT else ():
        choices.append((f"{PROGRAMME}:{number}", _("Something else that %(name)s wrote") % {"name": name}))
    field = form.fields["entry"]
    assert isinstance(field, forms.ChoiceField)
    field.choices = choices


def chosen(entry: str) -> dict[str, Any]:
    """The entry, or the programme, of a form as the act asks for it."""
    kind, _colon, number = entry.partition(":")
    if not number:
        return {}
    if kind == PROGRAMME:
        return {"programme_id": int(number)}
    return {"entry_kind": kind, "entry_number": int(number)}


class MyRequestForm(forms.Form):
    """What the patient wants amended, and why."""

    entry = entry_field(gettext_lazy("What is it about?"))
    what = note(gettext_lazy("What should it say, or what is wrong?"), required=True)
    why = note(gettext_lazy("Why?"), required=True, help_text=gettext_lazy("We need a reason to be able to change it."))
    tell = note(
        gettext_lazy("Who else should know if we change it?"),
        help_text=gettext_lazy("For example another doctor. You agree that we tell them."),
    )


class RequestForm(MyRequestForm):
    """The same, taken down by staff."""

    said = asks(actions.request_amendment)
    way = said(
        "way",
        gettext_lazy("How did it come?"),
        choices=[one for one in Way.choices if one[0] != Way.OWN],
        widget=forms.RadioSelect(),
        initial=Way.PAPER,
    )
    received_on = said("received_on", gettext_lazy("Received on"), is_past=True)
    field_order = ("way", "received_on", "entry", "what", "why", "tell")


class AnswerForm(forms.Form):
    """What is decided."""

    said = asks(actions.answer_amendment)
    decision = said("decision", gettext_lazy("What is decided?"), choices=Decision.choices, widget=forms.RadioSelect())
    words = note(
        gettext_lazy("In plain words, for the patient"),
        required=True,
        help_text=gettext_lazy("What was changed, or why not. Where only a part is accepted, say which."),
    )
    ground = said(
        "ground",
        gettext_lazy("If denied, on which ground?"),
        choices=with_blank(Ground.choices),
        help_text=gettext_lazy("The rule knows these four and no other (45 CFR 164.526(a)(2))."),
    )
    entry = entry_field(
        gettext_lazy("If accepted, which entry amends the record?"),
        gettext_lazy("Write the correction first, then choose it here."),
    )
    told_whom = note(
        gettext_lazy("If accepted, who is told?"),
        help_text=gettext_lazy("Those whom the patient named, and whoever relies on what was wrong."),
    )


class ExtendForm(forms.Form):
    """Until when, and why."""

    said = asks(actions.extend_amendment)
    until = said("until", gettext_lazy("Answered by"))
    why = note(gettext_lazy("Why does it take longer?"), required=True, help_text=gettext_lazy("The patient reads it."))


class StatementForm(forms.Form):
    """What is said after a denial."""

    text = note(gettext_lazy("In your own words"), required=True)


# -- the patient's own ------------------------------------------------------------------------------------------------


@page
def my_amendments(request: Asked) -> HttpResponse:
    """What I asked to have amended, how it stands, and a form to ask."""
    access.require(request.user, "view_own")
    patient = access.patient_for(request.user, "view_own", request.user.patient_id or 0)
    form = MyRequestForm(request.POST or None)
    offer(form, request.user, patient, _("Something else, in my own words"))
    said = _("We have your request. You get an answer within 60 days.")
    done = sent(request, form, asked_for, patient.pk, leads_to=reverse("web:my_amendments"), said=said)
    context = {"form": form, "requests": [] if done else list(reads.requests(request.user))}
    return done or render(request, "my_amendments.html", context, status=status_of(form))


def asked_for(by: User, patient_id: int, *, entry: str, **said: Any) -> AmendmentRequest:
    """Asks for it, about what was chosen."""
    return actions.request_amendment(by, patient_id, **said, **chosen(entry))


@page
def my_amendment(request: Asked, amendment_id: int) -> HttpResponse:
    """One of them with our answer, my rights, and a form to disagree."""
    access.require(request.user, "view_own")
    form = StatementForm(request.POST or None)
    here = reverse("web:my_amendment", args=[amendment_id])
    said = _("Your statement is part of your record now, and goes wherever it goes.")
    done = sent(request, form, actions.disagree, amendment_id, leads_to=here, said=said)
    if done:
        return done
    context = {"page": reads.page(request.user, amendment_id), "form": form}
    return render(request, "my_amendment.html", context, status=status_of(form))


# -- the clinic's -----------------------------------------------------------------------------------------------------


@page
def new_amendment(request: Asked, patient_id: int) -> HttpResponse:
    """A request that came on paper, by word or from a representative."""
    patient = opened(request.user, "request_amendment", patient_id)
    form = RequestForm(request.POST or None)
    offer(form, request.user, patient, _("Something else, in words"))
    said = _("The request is written down, and somebody has the task to answer it.")
    done = sent(request, form, asked_for, patient_id, leads_to=of_request, said=said)
    notes = [_("As the patient says it, not as you would. It is answered within 60 days of the day it was received.")]
    title = _("Take down a request to amend the record")
    return done or patient_form(request, patient, form, title=title, button=_("Write it down"), notes=notes)


def of_request(made: AmendmentRequest) -> str:
    """Where a request is shown."""
    return reverse("web:amendment", args=[made.pk])


@page
def amendments(request: Asked) -> HttpResponse:
    """What waits for an answer, and what was answered, for the privacy officer."""
    access.require(request.user, "export_numbered")
    return render(request, "amendments.html", {"shown": reads.to_answer(request.user)})


@page
def amendment(request: Asked, amendment_id: int) -> HttpResponse:
    """One request with all that was said to it, and the letter as the patient reads it."""
    access.require(request.user, "answer_amendment")
    return render(request, "amendment.html", shown(request, amendment_id))


def shown(request: Asked, amendment_id: int, **more: object) -> dict[str, object]:
    """What every page about one request knows."""
    found = reads.page(request.user, amendment_id)
    is_theirs = access.cares_for(request.user, found.patient.pk)
    return {"page": found, "may": powers(request.user, found.patient), "is_theirs": is_theirs, **more}


@page
def answer_amendment(request: Asked, amendment_id: int) -> HttpResponse:
    """Accepted, denied, or both in part."""
    access.require(request.user, "answer_amendment")
    found, form = reads.page(request.user, amendment_id), AnswerForm(request.POST or None)
    offer(form, request.user, found.patient, _("None, or it was added elsewhere"))
    said = _("The patient reads the answer from now on.")
    return said_to(request, amendment_id, form, answered, title=_("Answer the request"), button=_("Answer"), said=said)


def answered(by: User, amendment_id: int, *, entry: str, **said: Any) -> object:
    """Answers it, with the entry that was chosen."""
    return actions.answer_amendment(by, amendment_id, **said, **chosen(entry))


@page
def extend_amendment(request: Asked, amendment_id: int) -> HttpResponse:
    """Once, by 30 days at most."""
    access.require(request.user, "answer_amendment")
    title, said = _("Put the answer off"), _("The patient reads until when, and why.")
    form = ExtendForm(request.POST or None)
    return said_to(
        request, amendment_id, form, actions.extend_amendment, title=title, button=_("Put it off"), said=said
    )


@page
def disagree(request: Asked, amendment_id: int) -> HttpResponse:
    """The patient's statement of disagreement, taken down for them."""
    access.require(request.user, "view_chart")
    title, said = _("Take down a statement of disagreement"), _("The statement is part of the record.")
    form = StatementForm(request.POST or None)
    form.fields["text"].label = _("In the patient's own words")
    return said_to(request, amendment_id, form, actions.disagree, title=title, button=_("Write it down"), said=said)


@page
def rebut(request: Asked, amendment_id: int) -> HttpResponse:
    """Why we stay with the answer."""
    access.require(request.user, "answer_amendment")
    title, said = _("Write a rebuttal"), _("The patient reads it, and it is part of the record.")
    form = StatementForm(request.POST or None)
    return said_to(request, amendment_id, form, actions.rebut, title=title, button=_("Write it down"), said=said)


def said_to(
    request: Asked, amendment_id: int, form: forms.Form, act: Callable[..., object], *, said: str, **words: object
) -> HttpResponse:
    """A form below what it answers; back to the request when it is done."""
    done = sent(request, form, act, amendment_id, leads_to=reverse("web:amendment", args=[amendment_id]), said=said)
    if done:
        return done
    context = shown(request, amendment_id, form=form, **words)
    return render(request, "amendment_form.html", context, status=status_of(form))
