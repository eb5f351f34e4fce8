"""The patient's own pages: my medicines, my next refill, tell us about a side effect."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from medmgmt import amendments, break_glass, part2
from medmgmt import chart as charts
from medmgmt import side_effects as medmgmt_side_effects
from medmgmt.actions import side_effects, supply
from medmgmt.record import access
from medmgmt.record.models import DosageChange, Kind, SideEffectReport
from medmgmt.supply import reads
from medmgmt.web.kit import plain_words
from medmgmt.web.kit.forms import MySideEffectForm
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, status_of, to
from refills import site


@dataclass(frozen=True)
class Mine:
    """One medicine in plain words, with when it runs out."""

    medication: charts.Medication
    how: str
    days_left: int | None
    next: list[str]
    asked: reads.OwnRequest | None = None

    @property
    def last_day(self) -> date | None:
        """The last day on which there is medicine; the record keeps the first day without."""
        return self.medication.runs_out_on - timedelta(days=1) if self.medication.runs_out_on else None

    @property
    def is_out(self) -> bool:
        """Whether by the record nothing is left."""
        return self.days_left is not None and self.days_left <= 0

    @property
    def soon(self) -> bool:
        """Whether the page asks first; a refill may be asked for at any time."""
        return self.days_left is not None and self.days_left <= site.whole("ask_from_days")


@page
def portal(request: Asked) -> HttpResponse:
    """My medicines and my next refill."""
    shown = charts.portal(request.user)
    today = shown.patient.today(timezone.now())
    medicines = [
        Mine(
            medication=one,
            how=plain_words.how_to_take(one.dose.sig, one.prescription) if one.dose.sig else "",
            days_left=(one.runs_out_on - today).days if one.runs_out_on else None,
            next=[what_is_next(change) for change in one.next_changes],
            asked=shown.asked.get(one.prescription.pk),
        )
        for one in shown.medicines
    ]
    next_up = min(
        (mine for mine in medicines if mine.days_left is not None), key=lambda mine: mine.days_left or 0, default=None
    )
    opened = [(one, break_glass.reason_for_patient(one)) for one in break_glass.of_patient(request.user)]
    context = {"portal": shown, "medicines": medicines, "next_up": next_up, "opened": opened}
    context |= {"consents": part2.consents_of(shown.patient), "disclosures": part2.disclosures(request.user)[:50]}
    context |= {"amendments": amendments.news(request.user)}
    return render(request, "portal.html", context)


def what_is_next(change: DosageChange) -> str:
    """A planned change in plain words."""
    on = date_format(change.effective_on, "j M Y")
    if change.sig:
        return _("From %(on)s: %(how)s") % {"on": on, "how": plain_words.how_to_take(change.sig, change.prescription)}
    if change.kind == Kind.HOLD:
        return _("From %(on)s: pause it") % {"on": on}
    return _("From %(on)s: stop taking it") % {"on": on}


@page
def ask_for_refill(request: Asked, prescription_id: int) -> HttpResponse:
    """The care team is told; asking twice on a day is asking once."""
    if request.method != "POST":
        return redirect("web:portal")
    supply.request_refill(request.user, prescription_id)
    return to(request, reverse("web:portal"), _("We have told your care team that you need a refill."))


@page
def tell_taken(request: Asked, prescription_id: int) -> HttpResponse:
    """One tap: how a medicine was taken; saying it twice on a day is saying it once."""
    if request.method != "POST":
        return redirect("web:portal")
    supply.report_adherence(request.user, prescription_id, answer=request.POST.get("answer", "")[:20])
    return to(request, reverse("web:portal"), _("Thank you for telling us. Nobody is cross when doses are missed."))


@page
def my_side_effect(request: Asked) -> HttpResponse:
    """What the patient notices, in their own words."""
    access.require(request.user, "view_own")
    form = MySideEffectForm(request.POST or None, initial={"began_on": timezone.localdate()})
    me = request.user.patient_id or 0
    done = sent(request, form, side_effects.log_side_effect, me, leads_to=answer_to)
    return done or render(request, "my_side_effect.html", {"form": form}, status=status_of(form))


def answer_to(report: SideEffectReport) -> str:
    """The address of what is said to somebody who reported."""
    return reverse("web:my_side_effect_sent", args=[report.pk])


@page
def my_side_effect_sent(request: Asked, report_id: int) -> HttpResponse:
    """What to do now where it cannot wait; else thanks, and what happens next."""
    access.require(request.user, "view_own")
    shown = medmgmt_side_effects.side_effect(request.user, report_id)
    do_now = medmgmt_side_effects.what_to_do_now(shown.report, get_language() or "en")
    return render(request, "my_side_effect_sent.html", {"page": shown, "do_now": do_now})
