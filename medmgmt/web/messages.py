"""How a patient is told: for the staff beside the chart, and for the patient themselves."""

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.actions import messages as actions_messages
from medmgmt.messages import reads
from medmgmt.record import access
from medmgmt.record.errors import Refused
from medmgmt.record.models import Role, User
from medmgmt.web.kit import banner
from medmgmt.web.kit.once import once
from medmgmt.web.kit.page import Asked, page, refusal_on, to
from medmgmt.web.message_forms import BEFORE, CaregiverForm, PlanForm


@page
def messages(request: Asked, patient_id: int) -> HttpResponse:
    """A patient's messages, beside the chart."""
    access.require(request.user, "manage_messages")
    here = reverse("web:messages", args=[patient_id])
    return page_of(request, patient_id, "view_chart", here, "patient.html")


@page
def my_messages(request: Asked) -> HttpResponse:
    """My own messages."""
    access.require(request.user, "view_own")
    return page_of(request, request.user.patient_id or 0, "view_own", reverse("web:my_messages"), "base.html")


def page_of(request: Asked, patient_id: int, act: str, here: str, layout: str) -> HttpResponse:
    """Shows everything; a POST does one thing and comes back, or says on the form what is wrong."""
    bound = request.POST or None
    asked = request.POST.get("act", "")
    shown = reads.page(request.user, act, patient_id)
    plan = PlanForm(bound if asked == "plan" else None, initial=of_plan(shown))
    helper = CaregiverForm(bound if asked == "add_caregiver" else None, initial=of_helper(shown))
    status = 200
    if request.method == "POST":
        form = {"plan": plan, "add_caregiver": helper}.get(asked)
        if form is None:
            return to(request, here, once(request, lambda: done(request, asked, patient_id, plan, helper)))
        if form.is_valid():
            with refusal_on(form):
                return to(request, here, once(request, lambda: done(request, asked, patient_id, plan, helper)))
        status = 422
    context = {
        "shown": shown,
        "plan": plan,
        "helper": helper,
        "layout": layout,
        "here": here,
        "is_staff": request.user.role != Role.PATIENT,
        "banner": banner.banner_of(shown.patient, request.user) if layout == "patient.html" else None,
    }
    return render(request, "messages.html", context, status=status)


def done(request: Asked, asked: str, patient_id: int, plan: PlanForm, helper: CaregiverForm) -> str:
    """Does what the pressed button says; a sentence about it."""
    by = request.user
    acts: dict[str, Callable[[], str]] = {
        "plan": lambda: sentence_alone(
            actions_messages.save_plan(by, patient_id, **plan.values()), _("The plan is saved.")
        ),
        "add_caregiver": lambda: sentence_alone(
            actions_messages.add_caregiver(by, patient_id, **helper.cleaned_data), _("The consent is written down.")
        ),
        "opt_in": lambda: opted(by, patient_id, request.POST.get("channel", ""), wanted=True),
        "opt_out": lambda: opted(by, patient_id, request.POST.get("channel", ""), wanted=False),
        "withdraw": lambda: withdrawn(by, request.POST.get("consent", "")),
        "renew_calendar": lambda: sentence_alone(
            actions_messages.renew_calendar(by, patient_id),
            _("There is a new calendar link. The old one no longer works."),
        ),
        "revoke_calendar": lambda: sentence_alone(
            actions_messages.revoke_calendar(by, patient_id), _("The calendar link no longer works.")
        ),
    }
    if asked not in acts:
        raise Refused(_("Please choose one of the buttons."))
    return acts[asked]()


def sentence_alone(_made: object, sentence: str) -> str:
    """The sentence about what was done."""
    return sentence


def opted(by: User, patient_id: int, channel: str, *, wanted: bool) -> str:
    """A yes or a no to a channel."""
    actions_messages.opt(by, patient_id, channel=channel, wanted=wanted)
    return _("Messages come this way again.") if wanted else _("No more messages come this way.")


def withdrawn(by: User, consent: str) -> str:
    """The end of a caregiver's consent."""
    actions_messages.withdraw_caregiver(by, int(consent) if consent.isascii() and consent.isdecimal() else 0)
    return _("The consent has ended. No message goes there any more.")


def of_plan(shown: reads.Page) -> dict[str, object]:
    """The plan as it stands, for its form."""
    wishes = shown.wishes
    order = ",".join(wishes.channels)
    return {
        "before": [day for day in BEFORE if day in wishes.before],
        "after": list(wishes.after),
        "channels": order,
        "hour": wishes.waking.at.hour,
        "quiet_from": wishes.waking.closes,
        "quiet_until": wishes.waking.opens,
        "language": wishes.language,
        "version": shown.plan.version,
    }


def of_helper(shown: reads.Page) -> dict[str, object]:
    """What a new consent begins with."""
    return {"starts_on": shown.patient.today(timezone.now()), "language": shown.wishes.language, "covers": ["refills"]}
