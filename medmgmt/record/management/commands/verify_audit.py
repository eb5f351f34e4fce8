"""Proves that the audit trail is as it was written, or names each place where it is not."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.record import anchor, audit
from medmgmt.record.models import AuditEntry


class Command(BaseCommand):
    """manage.py verify_audit [--heads FILE] [--set-back WHY]: exit status 0 where the trail is whole, 1 where not."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--heads",
            type=Path,
            help="a file kept elsewhere: what it names must still be there; after a clean run it is written anew",
        )

        parser.add_argument(
            "--set-back",
            default="",
            metavar="WHY",
            help="the database was restored from a backup: what it has now holds, which the trail is told",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path | None = options["heads"]
        if options["set_back"]:
            set_back(options["set_back"])
        heads = audit.heads()
        faults = audit.verify(kept=_read(file) if file else None)
        for fault in faults:
            self.stdout.write(str(fault))
        entries = AuditEntry.objects.count()
        if faults:
            raise CommandError(f"{len(faults)} faults among {entries} audit entries in {len(heads)} chains.")
        anchor.shorten()
        if file:
            file.write_text(json.dumps(heads, indent=1, sort_keys=True))
        self.stdout.write(f"{entries} audit entries in {len(heads)} chains, no fault.")


def set_back(why: str) -> None:
    """What the database has now holds from here on; how much was lost stands in the trail."""
    known, now = anchor.heads(), audit.heads()
    lost = sum(max(0, seq - now.get(chain, (0, ""))[0]) for chain, (seq, _) in known.items())
    anchor.renew(now)
    audit.record(None, "set_back", why=why, detail={"lost": lost}, actor_name="the command line")


def _read(file: Path) -> dict[str, tuple[int, str]]:
    """The heads in the file; none where it does not exist yet."""
    if not file.exists():
        return {}
    try:
        return {chain: (int(seq), str(seal)) for chain, (seq, seal) in json.loads(file.read_text()).items()}
    except (ValueError, TypeError, AttributeError) as broken:
        raise CommandError("The file of heads cannot be read; it is not one that this command wrote.") from broken
