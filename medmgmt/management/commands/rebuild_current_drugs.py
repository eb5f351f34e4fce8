"""Lays out anew who takes what, so that a change of the knowledge finds everybody it concerns."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from medmgmt.record.models import DosageChange, Status
from medmgmt.regimen import courses

AT_ONCE = 500


class Command(BaseCommand):
    """manage.py rebuild_current_drugs"""

    help = "Lay out anew, from signed prescriptions, who takes what. Safe at any time; a signature does it by itself."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Batch after batch, a fixed number of queries each."""
        signed = DosageChange.objects.filter(status=Status.SIGNED).order_by("patient_id")
        patients = list(signed.values_list("patient_id", flat=True).distinct())
        laid_out = 0
        for first in range(0, len(patients), AT_ONCE):
            with transaction.atomic():
                laid_out += courses.keep_current(patients[first : first + AT_ONCE])
        self.stdout.write(f"{laid_out} prescriptions of {len(patients)} patients are laid out.")
