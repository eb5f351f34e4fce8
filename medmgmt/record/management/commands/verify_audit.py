"""Proves that the audit trail is as it was written, or names each place where it is not."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.record import audit
from medmgmt.record.models import AuditEntry


class Command(BaseCommand):
    """manage.py verify_audit [--heads FILE]: exit status 0 where the trail is whole, 1 where it is not."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads",
            type=Path,
            help="a file kept elsewhere: what it names must still be there; after a clean run it is written anew",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["heads"]
        heads = audit.heads()
        faults = audit.verify(kept=_read(file) if file else None)
        for fault in faults:
            self.stdout.write(str(fault))
        entries = AuditEntry.objects.count()
        if faults:
            raise CommandError(f"{len(faults)} faults among {entries} audit entries in {len(heads)} chains.")
        if file:
            file.write_text(json.dumps(heads, indent=1, sort_keys=True))
        self.stdout.write(f"{entries} audit entries in {len(heads)} chains, no fault.")


def _read(file: Path) -> dict[str, tuple[int, str]]:
    """The heads in the file; none where it does not exist yet."""
    if not file.exists():
        return {}
    try:
        return {chain: (int(seq), str(seal)) for chain, (seq, seal) in json.loads(file.read_text()).items()}
    except (ValueError, TypeError, AttributeError) as broken:
        raise CommandError("The file of heads cannot be read; it is not one that this command wrote.") from broken
