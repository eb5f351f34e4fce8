"""Deciding on messages that were held because a backup was restored: they still go, or they do not."""

from collections.abc import Callable, Collection

from django.db import transaction
from django.utils.translation import gettext as _

from medmgmt.record import access, audit
from medmgmt.record.errors import Refused
from medmgmt.record.models import User
from refills import restoring, worklist

MOST_AT_ONCE = 5_000


@transaction.atomic
def send_held(by: User, ids: Collection[int], *, why: str, patient_id: int | None = None) -> int:
    """They go after all, at once: nobody has had them. How many; those that somebody has decided on stay decided."""
    return _decide(by, "send_held_message", restoring.release, ids, why=why, patient_id=patient_id)


@transaction.atomic
def drop_held(by: User, ids: Collection[int], *, why: str, patient_id: int | None = None) -> int:
    """They do not go: they had gone out before the restore, or are of no use any more. How many."""
    return _decide(by, "drop_held_message", restoring.drop, ids, why=why, patient_id=patient_id)


def _decide(
    by: User,
    act: str,
    apply: Callable[[Collection[int]], int],
    ids: Collection[int],
    *,
    why: str,
    patient_id: int | None,
) -> int:
    """One patient's by whoever cares for them; anybody's, as bare numbers, by whoever runs the service."""
    if patient_id is None:
        access.require(by, "view_delivery")
    else:
        access.patient_for(by, "decide_held", patient_id, lock=True)
    if not why.strip():
        raise Refused(_("Say why: the next person wants to know."))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise Refused(_("Choose at least one message, and not more than five thousand at once."))
    held = restoring.lock_held(ids, patient_id)
    apply(list(held))
    for patient, chosen in _by_patient(held).items():
        audit.record(by, act, patient_id=patient, obj=("reminder", chosen[0]), why=why, detail={"reminders": chosen})
        if patient is not None and not restoring.held_of(patient).exists():
            for task in restoring.tasks_of(patient):
                worklist.settle(by_id=by.pk, outcome=why, key=task.key)
    return len(held)


def _by_patient(held: dict[int, int | None]) -> dict[int | None, list[int]]:
    """The numbers of the messages of each patient; None for those to the staff."""
    found: dict[int | None, list[int]] = {}
    for number, patient in held.items():
        found.setdefault(patient, []).append(number)
    return found
