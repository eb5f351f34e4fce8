"""Every way in which the record says no, each in a sentence for a clinician."""

from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class RecordError(Exception):
    """Something the record refuses; `sentence` may be shown to the person who asked."""

    default: str | Promise = _("The record could not do that.")

    def __init__(self, sentence: str | Promise = "") -> None:
        self.sentence: str | Promise = sentence or self.default
        super().__init__(self.sentence)

    def __str__(self) -> str:
        return str(self.sentence)


class NoSuchPatient(RecordError):
    """The patient is unknown or not in this person's care; the two must not be told apart."""

    default = _("There is no such patient in your care.")


class NotAllowed(RecordError):
    default = _("Your role does not allow this.")


class NotInPerson(NotAllowed):
    default = _("This needs you in person: sign in and do it there. A token cannot.")


class OutOfScope(NotAllowed):
    default = _("The scope of this token does not reach this.")


class Unproven(RecordError):
    """It may be done once the person has proven again who they are. Nothing was done yet."""

    default = _("Please confirm that it is you.")


class TooSoon(RecordError):
    """Wrong, or asked for, too often: it may be tried again when `wait` is over. Nothing was looked at."""

    default = _("This was wrong several times. Wait a little, then try again.")

    def __init__(self, wait: timedelta, words: str = "") -> None:
        super().__init__(*filter(None, [words]))
        self.wait = wait


class WrongProof(RecordError):
    default = _("That was not right. Please try again.")


class AccountClosed(WrongProof):
    """The password is right, and the account was closed at its owner's wish: told to nobody who does not know it."""

    default = _("This account is closed, as its owner wished. The record stays with us. To have it back, call us.")


class Conflict(RecordError):
    """Somebody else was faster, or the page shown was not the newest version."""

    default = _("Somebody changed this in the meantime. Look again before you go on.")


class Refused(RecordError):
    """The act is allowed but makes no sense for this patient; say why."""


class Unconfirmed(RecordError):
    """It can be done and looks like a slip or a repeat: the same act with `confirm` does it. Nothing was done yet."""


class NoSuchThing(RecordError):
    """A thing other than a patient that does not exist, or not within this chart."""

    default = _("There is no such thing in this chart.")
