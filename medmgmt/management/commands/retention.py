"""Lists the charts that need not be kept any more, by number, for the site to decide; it deletes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from medmgmt import retention


class Command(BaseCommand):
    """manage.py retention"""

    help = "List charts past their time (RETENTION_YEARS, RETENTION_AGE, RETENTION_HOLD) by number. Nothing is deleted."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """A line a chart, and how many there are."""
        found = retention.past(timezone.localdate())
        for one in found:
            entered, since = one.last_entry_on.isoformat(), one.since.isoformat()
            self.stdout.write(f"chart {one.patient_id}: last entry {entered}, past since {since}")
        self.stdout.write(f"{len(found)} charts are past their time. Nothing was deleted; the site decides.")
