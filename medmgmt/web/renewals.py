"""Renewals: the queue with those that may be signed together, and one screen for one of them."""

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from medmgmt.actions import renewals
from medmgmt.record import access
from medmgmt.supply import reads
from medmgmt.supply.renewals import Renewal
from medmgmt.web.kit import banner
from medmgmt.web.kit.once import once, sent
from medmgmt.web.kit.page import Asked, page, status_of
from medmgmt.web.kit.powers import powers
from medmgmt.web.supply_forms import DeclineForm, RenewForm


@page
def queue(request: Asked) -> HttpResponse:
    """What waits for a renewal; the uncontroversial are signed together."""
    if request.method == "POST":
        return signed_together(request)
    shown, chosen = reads.queue(request.user), request.POST.getlist("chosen")
    left = [one.prescription.pk for one in shown.plain if chosen and str(one.prescription.pk) not in chosen]
    return render(request, "renewals.html", {"queue": shown, "may": powers(request.user), "left": left})


def signed_together(request: Asked) -> HttpResponse:
    """One signature for those that were chosen; what is no longer plain is left and named by number only."""
    access.require(request.user, "renew")
    chosen = [int(text) for text in request.POST.getlist("chosen") if text.isdecimal() and len(text) < 19]
    address = reverse("web:renewals")
    if not chosen:
        messages.warning(request, _("Nothing was chosen, so nothing was renewed."))
        return redirect(address)

    def do() -> str:
        batch = renewals.renew_batch(request.user, chosen)
        told = ngettext("%(count)s prescription renewed.", "%(count)s prescriptions renewed.", len(batch.renewed))
        messages.success(request, told % {"count": len(batch.renewed)})
        if batch.left:
            words = ngettext(
                "%(count)s was not: something changed, and it needs a look.",
                "%(count)s were not: something changed, and they need a look.",
                len(batch.left),
            )
            messages.warning(request, words % {"count": len(batch.left)})
        return address

    return redirect(once(request, do))


@page
def renewal(request: Asked, prescription_id: int) -> HttpResponse:
    """One screen with everything that matters, and one button."""
    shown = reads.renewal(request.user, prescription_id)
    form = renew_form(shown, request.POST or None)
    if request.method == "POST":
        access.require(request.user, "renew")
    said = _("Renewed. The patient sees it in the portal.")
    done = sent(request, form, renewals.renew, prescription_id, leads_to=reverse("web:renewals"), said=said)
    return done or screen(request, shown, form=form, decline_form=DeclineForm(auto_id="decline_%s"))


@page
def decline(request: Asked, prescription_id: int) -> HttpResponse:
    """Not renewed as it is, with a reason that the patient is told."""
    access.require(request.user, "renew")
    if not request.POST:
        return redirect("web:renewal", prescription_id)
    form = DeclineForm(request.POST, auto_id="decline_%s")
    said = _("The patient sees the answer in the portal.")
    done = sent(request, form, renewals.decline, prescription_id, leads_to=reverse("web:renewals"), said=said)
    if done:
        return done
    shown = reads.renewal(request.user, prescription_id)
    return screen(request, shown, form=renew_form(shown), decline_form=form)


def renew_form(shown: Renewal, sent: QueryDict | None = None) -> RenewForm:
    """The form as it is proposed, or as it was sent."""
    initial = {name: value for name, value in vars(shown.proposed).items() if value is not None}
    return RenewForm(sent, initial=initial, asks_why=bool(shown.open_findings))


def screen(request: Asked, shown: Renewal, *, form: RenewForm, decline_form: DeclineForm) -> HttpResponse:
    """The page of one renewal."""
    context = {
        "one": shown,
        "form": form,
        "decline_form": decline_form,
        "banner": banner.banner_of(shown.patient, request.user),
        "may": powers(request.user, shown.patient),
    }
    wrong = form if form.is_bound else decline_form
    return render(request, "renewal.html", context, status=status_of(wrong))
