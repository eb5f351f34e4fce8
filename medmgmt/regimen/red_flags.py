"""What a patient says of today, held against what they take: whether it can wait."""

from collections.abc import Iterable
from datetime import timedelta

from django.utils import timezone

from interactions import library
from interactions.engine.red_flags import RedFlag
from medmgmt.record.models import Patient
from medmgmt.regimen import courses

LINGERS = timedelta(days=14)
"""A medicine is still looked at so long after its last dose: what it did may show later."""


def heard(patient: Patient, text: str, signs: Iterable[str] = ()) -> tuple[RedFlag, ...]:
    """What a text says that cannot wait; empty where nothing does. `signs` were told otherwise than in words."""
    taken = courses.keys_taken(patient, patient.today(timezone.now()), within=LINGERS)
    return library.current().formulary.flags.heard(text, taken, frozenset(signs))
