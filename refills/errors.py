"""What refills says no to, each in a sentence for a person."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from refills.supply.controlled import Reason, Refusal


class RefillsError(Exception):
    """The base of every refusal of this room."""


class NoSuchTask(RefillsError):
    """There is no task of this number."""

    def __init__(self, task_id: int) -> None:
        """Names the task by its number only."""
        super().__init__(_("There is no task %(number)s.") % {"number": task_id})


class TaskTaken(RefillsError):
    """Somebody else was faster, or the task has changed since it was read."""

    def __init__(self) -> None:
        """The same sentence for both: look again."""
        super().__init__(_("Somebody else has taken or changed this task. Open it again to see how it stands."))


class TaskClosed(RefillsError):
    """The task is done or cancelled; neither is undone."""

    def __init__(self) -> None:
        """A closed task stays closed: open a new one."""
        super().__init__(_("This task is already closed."))


class ClosesOnEvidence(RefillsError):
    """Words do not close this task: it waits for something that must be in the record."""

    def __init__(self, waits_for: str) -> None:
        """Names what it waits for by its code."""
        self.waits_for = waits_for
        super().__init__(
            _("This task closes when what it waits for is recorded. If it will not be, cancel the task and say why.")
        )


class PutOffTooFar(RefillsError):
    """The service level of a task says how long it may be put off, if at all."""

    def __init__(self, latest: datetime | None) -> None:
        """Tells until when it may be; None where it may not."""
        if latest is None:
            super().__init__(_("A task of this kind is not put off. Reassign it if you cannot do it."))
            return
        when = {"at": localtime(latest).strftime("%Y-%m-%d %H:%M")}
        super().__init__(_("This task may be put off until %(at)s at the latest, to a time still to come.") % when)


class NoSuchAbsence(RefillsError):
    """There is no absence of this number."""

    def __init__(self, absence_id: int) -> None:
        """Names it by its number only."""
        super().__init__(_("There is no absence %(number)s.") % {"number": absence_id})


class LinkUnknown(RefillsError):
    """No reminder has this link: it is not one of ours, or it was changed on the way."""

    def __init__(self) -> None:
        """Says nothing that would help somebody who guesses."""
        super().__init__(_("This link is not valid. Please use the link exactly as it is in your message."))


class LinkExpired(RefillsError):
    """The link was ours, and its time is over."""

    def __init__(self) -> None:
        """Tells the patient what still works."""
        super().__init__(_("This link is too old. Please sign in or call the clinic."))


class SnoozedEnough(RefillsError):
    """A reminder can be put off a few times only."""

    def __init__(self) -> None:
        """Tells the patient what still works."""
        super().__init__(_("This cannot be put off any longer. Please confirm, ask for a refill, or call the clinic."))


class RefillRefused(RefillsError):
    """A rule forbids this fill: which one, and the day or number it turns on."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        """One sentence a rule, each with its source."""
        self.refusals = tuple(refusals)
        super().__init__(" ".join(sentence(refusal) for refusal in refusals))

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
