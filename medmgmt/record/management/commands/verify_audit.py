"""Proves that the audit trail is as it was written, or names each place where it is not."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.record import audit


class Command(BaseCommand):
    """manage.py verify_audit: exit status 0 where the trail is whole, 1 where it is not."""

    help = __doc__ or ""

    def handle(self, *args: Any, **options: Any) -> None:
        faults = audit.verify()
        for fault in faults:
            self.stdout.write(str(fault))
        entries = audit.count()
        if faults:
            raise CommandError(f"{len(faults)} faults among {entries} audit entries.")
        self.stdout.write(f"{entries} audit entries, no fault.")
