"""What refills says no to, each in a sentence for a person."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from refills.supply.controlled import Reason, Refusal


class RefillsError(Exception):
    """The base of every refusal of this room: `words` for a person, with the number of what they are about."""

    words: Promise | str = ""

    def __init__(self, number: int | None = None) -> None:
        super().__init__(str(self.words) % {"number": number})


class NoSuchTask(RefillsError):
    words = gettext_lazy("There is no task %(number)s.")


class TaskTaken(RefillsError):
    """Somebody else was faster, or the task has changed since it was read: the same sentence for both."""

    words = gettext_lazy("Somebody else has taken or changed this task. Open it again to see how it stands.")


class TaskClosed(RefillsError):
    words = gettext_lazy("This task is already closed.")


class ClosesOnEvidence(RefillsError):
    """Words do not close this task: it waits for something that must be in the record, by its code."""

    words = gettext_lazy(
        "This task closes when what it waits for is recorded. If it will not be, cancel the task and say why."
    )

    def __init__(self, waits_for: str) -> None:
        self.waits_for = waits_for
        super().__init__()


class PutOffTooFar(RefillsError):
    """The service level of a task says how long it may be put off; None where it may not at all."""

    def __init__(self, latest: datetime | None) -> None:
        self.words = _("A task of this kind is not put off. Reassign it if you cannot do it.")
        if latest is not None:
            when = {"at": localtime(latest).strftime("%Y-%m-%d %H:%M")}
            self.words = _("This task may be put off until %(at)s at the latest, to a time still to come.") % when
        super().__init__()


class NoSuchAbsence(RefillsError):
    words = gettext_lazy("There is no absence %(number)s.")


class LinkUnknown(RefillsError):
    """No reminder has this link; nothing is said that would help somebody who guesses."""

    words = gettext_lazy("This link is not valid. Please use the link exactly as it is in your message.")


class LinkExpired(RefillsError):
    words = gettext_lazy("This link is too old. Please sign in or call the clinic.")


class LinkOver(LinkExpired):
    """What stood behind the link is no more: the consent, the address it was sent to, or the medicine."""

    words = gettext_lazy("This link does not work any more. If you have a question, please call the clinic.")


class LinkStopped(LinkOver):
    """Its reader wants no more of these messages."""

    words = gettext_lazy("You get no more of these messages, so this link does not work any more.")


class SnoozedEnough(RefillsError):
    words = gettext_lazy("This cannot be put off any longer. Please confirm, ask for a refill, or call the clinic.")


class RefillRefused(RefillsError):
    """A rule forbids this fill: one sentence a rule, with its source and the day or number it turns on."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self.refusals = tuple(refusals)
        Exception.__init__(self, " ".join(map(sentence, refusals)))

    @property
    def rules(self) -> list[dict[str, str | None]]:
        """The same for a program: each rule with its source, and the day that it turns on."""
        return [
            {
                "rule": one.reason.value,
                "citation": one.source,
                "until": one.day.isoformat() if one.day else None,
                "sentence": sentence(one),
            }
            for one in self.refusals
        ]


def sentence(refusal: Refusal) -> str:
    """A refusal for a person: the rule, until or from when, and where it stands."""
    words = {
        Reason.TOO_EARLY: _("This prescription may not be filled before %(day)s."),
        Reason.EXPIRED: _("This prescription could be filled until %(day)s; a new prescription is needed."),
        Reason.NO_REFILLS: _("A drug of this schedule has no refills; a new prescription is needed."),
        Reason.REFILLS_USED: _("All %(limit)s refills of this prescription are used; a new prescription is needed."),
        Reason.MORE_THAN_PRESCRIBED: _("Only %(limit)s units of this prescription are left."),
        Reason.REMAINDER_EXPIRED: _(
            "The rest of a partial fill could be had until %(day)s; a new prescription is needed."
        ),
        Reason.SERIES_TOO_LONG: _("Prescriptions issued together may not supply more than %(limit)s days."),
        Reason.TOO_MANY_REFILLS: _("At most %(limit)s refills may be authorised for a drug of this schedule."),
        Reason.NEEDS_FIRST_DAY: _(
            "Each prescription after the first of that day needs the first day it may be filled."
        ),
        Reason.CLINIC_ONLY: _("This medicine is given in the clinic and never handed to the patient."),
        Reason.TOO_MANY_DAYS: _("At most %(limit)s days may be supplied on one prescription of this drug."),
        Reason.LIMITED: _("Dispensing is limited to %(limit)s days at a time until %(day)s."),
        Reason.LAB_PENDS: _("This supply waits for a lab: %(what)s. A prescriber may release it with a reason."),
        Reason.REVOKED: _("This prescription was revoked on %(day)s; a new prescription is needed."),
        Reason.BALANCE_LATE: _(
            "The pharmacy was short of stock, and the balance could be had until %(day)s; a new prescription is needed."
        ),
    }[refusal.reason]
    day = refusal.day.isoformat() if refusal.day else ""
    limit = f"{float(refusal.limit):g}" if refusal.limit is not None else ""
    source = f" ({refusal.source})" if refusal.source else ""
    return words % {"day": day, "limit": limit, "what": refusal.what} + source
