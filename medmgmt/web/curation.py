"""The rules behind every review: looked up, and changed for this clinic by two people."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.models import LocalChange, Severity
from medmgmt import lists
from medmgmt.actions import curation
from medmgmt.record import access
from medmgmt.web.once import once
from medmgmt.web.page import Asked, page, paged, refusal_on, status_of, to

KINDS = (
    ("rule", gettext_lazy("A new rule for two drugs or classes")),
    ("regrade", gettext_lazy("Another severity for a rule in use")),
    ("pair", gettext_lazy("Another severity for two drugs in imported tables, or their place on the passive list")),
)
SAID: dict[str, Promise] = {
    "approve": gettext_lazy("It is in use. Patients whom it concerns are looked at again."),
    "reject": gettext_lazy("It is rejected."),
    "end": gettext_lazy("It is no longer in use."),
}


class RuleSearch(forms.Form):
    """Words that a rule must have."""

    q = forms.CharField(label=gettext_lazy("Number, drug, class or problem"), required=False, max_length=120)


class LocalChangeForm(forms.Form):
    """What the knowledge should say here."""

    kind = forms.ChoiceField(label=gettext_lazy("What it is"), choices=KINDS, widget=forms.RadioSelect, initial="rule")
    a = forms.CharField(
        label=gettext_lazy("First drug or class"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("A drug by its name in the knowledge, or a class such as set:ssri."),
    )
    b = forms.CharField(label=gettext_lazy("Second drug or class"), required=False, max_length=200)
    of_source = forms.CharField(label=gettext_lazy("Source of the rule"), required=False, max_length=80)
    of_rule = forms.CharField(label=gettext_lazy("Number of the rule"), required=False, max_length=40)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity here"),
        choices=[("", gettext_lazy("as graded by the source")), *Severity.choices],
        required=False,
    )
    effect = forms.CharField(label=gettext_lazy("What may happen"), required=False, max_length=2000)
    management = forms.CharField(label=gettext_lazy("What to do"), required=False, max_length=2000)
    reason = forms.CharField(label=gettext_lazy("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    citation = forms.CharField(label=gettext_lazy("Source"), required=False, max_length=2000)
    valid_from = forms.DateField(
        label=gettext_lazy("In use from"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    valid_until = forms.DateField(
        label=gettext_lazy("Until"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    cases = forms.CharField(
        label=gettext_lazy("Cases"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("One a line: lithium 900 mg + ibuprofen => major. Write none for silence."),
    )

    def wanted(self) -> curation.Wanted:
        """The form as the action takes it."""
        values = dict(self.cleaned_data)
        kind, lines = values.pop("kind"), values.pop("cases").splitlines()
        unused = ("a", "b") if kind == "regrade" else ("of_source", "of_rule")
        values |= dict.fromkeys(unused, "")
        return curation.Wanted(**values, adds_rule=kind == "rule", cases=[line for line in lines if line.strip()])


@page
def rules(request: Asked) -> HttpResponse:
    """Rules in use, the clinic's own changes, and the passive list. A search is a POST, as everywhere."""
    form = RuleSearch(request.POST if request.method == "POST" else None)
    search = form.cleaned_data["q"] if form.is_bound and form.is_valid() else ""
    context = {
        "form": form,
        "rows": paged(request, lists.rules(request.user, search=search)),
        "changes": lists.local_changes(request.user)[:100],
        "passive": lists.passive_pairs(request.user),
        "may_curate": access.may(request.user, "curate_knowledge"),
        "may_approve": access.may(request.user, "approve_knowledge"),
    }
    return render(request, "rules.html", context)


@page
def new(request: Asked) -> HttpResponse:
    """A rule or a grade of the clinic's own, for a second person to approve."""
    access.require(request.user, "curate_knowledge")
    form = LocalChangeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            address = once(request, lambda: listed(curation.propose(request.user, form.wanted())))
            return to(request, address, _("It waits for a second person."))
    context = {"form": form, "title": _("Change what the knowledge says here"), "button": _("Propose")}
    return render(request, "form.html", context, status=status_of(form))


def listed(change: LocalChange) -> str:
    """Where it is shown."""
    return f"{reverse('web:rules')}#change-{change.pk}"


@page
def decide(request: Asked, local_change_id: int, decision: str) -> HttpResponse:
    """Yes, no, or no longer."""
    if decision not in SAID:
        raise Http404
    if request.method != "POST":
        return to(request, reverse("web:rules"))
    why = request.POST.get("why", "")[:2000]
    if decision == "approve":
        curation.approve(request.user, local_change_id)
    elif decision == "reject":
        curation.reject(request.user, local_change_id, why=why)
    else:
        curation.end(request.user, local_change_id, why=why)
    return to(request, reverse("web:rules"), SAID[decision])
