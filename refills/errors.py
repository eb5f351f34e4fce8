"""What refills says no to, each in a sentence for a person."""

from django.utils.translation import gettext as _


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
