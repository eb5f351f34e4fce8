"""The administrators' page of delivery, and the decision on messages that were held after a restore."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from medmgmt.actions import messages as actions
from medmgmt.messages import reads
from medmgmt.web.kit.forms import Written
from medmgmt.web.kit.page import Asked, page, paged, refusal_on, status_of, to

SEND, DROP = "send", "drop"
DECISIONS = {SEND: actions.send_held, DROP: actions.drop_held}


class HeldForm(forms.Form):
    """Which messages, what becomes of them, and why."""

    messages = forms.MultipleChoiceField(label=_("Messages"), error_messages={"required": _("Choose a message.")})
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[(DROP, _("Do not send")), (SEND, _("Send now"))], widget=forms.RadioSelect
    )
    why = Written(label=_("Why"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))

    def __init__(self, numbers: list[int], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # Django's own signature
        self.fields["messages"].choices = [(str(number), str(number)) for number in numbers]  # type: ignore[attr-defined]


@page
def delivery(request: Asked) -> HttpResponse:
    """How delivery stands; what is held is decided here for the whole clinic, as bare numbers."""
    report = reads.delivery_report(request.user)
    form = HeldForm([row.pk for row in report.held], request.POST or None)
    if request.method == "POST" and form.is_valid() and (done := decide(request, form, None)):
        return done
    return render(request, "delivery.html", {"report": report, "form": form}, status=status_of(form))


@page
def held(request: Asked, patient_id: int) -> HttpResponse:
    """What is held of one patient, decided by whoever cares for them."""
    patient, waiting = reads.held_of(request.user, patient_id)
    rows = list(waiting)
    form = HeldForm([row.pk for row in rows], request.POST or None)
    if request.method == "POST" and form.is_valid() and (done := decide(request, form, patient.pk)):
        return done
    return render(request, "held.html", {"patient": patient, "held": rows, "form": form}, status=status_of(form))


def decide(request: Asked, form: HeldForm, patient_id: int | None) -> HttpResponse | None:
    """Carries out the decision; None when it was refused, which the form then says."""
    given = form.cleaned_data
    ids = [int(number) for number in given["messages"]]
    address = reverse("web:delivery") if patient_id is None else reverse("web:held", args=[patient_id])
    answers: list[HttpResponse] = []
    with refusal_on(form):
        count = DECISIONS[given["decision"]](request.user, ids, why=given["why"], patient_id=patient_id)
        told = ngettext("%(count)s message was decided on.", "%(count)s messages were decided on.", count)
        answers.append(to(request, address, told % {"count": count}))
    return answers[0] if answers else None


@page
def outbox(request: Asked) -> HttpResponse:
    """Messages, newest first."""
    return render(request, "outbox.html", {"rows": paged(request, reads.messages(request.user), size=25)})
