"""Builds data/ anew from the clinical tables and the formulary's codes."""

from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import building


class Command(BaseCommand):
    """manage.py build_knowledge CLINICAL_DIR FORMULARY_CSV --released-on DATE [--vocabulary FILE]"""

    help = "Build the shipped knowledge (data/*.csv) from the clinical tables and the formulary's codes."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to read, where to write, and what to call it."""
        parser.add_argument("clinical", type=Path, help="folder with drugs.csv, pair_rules.csv and the other tables")
        parser.add_argument("formulary", type=Path, help="formulary_codes.csv")
        parser.add_argument("--vocabulary", type=Path, help="RxNorm ingredients CSV (rxcui,tty,name): adds salts")
        parser.add_argument("--released-on", type=date.fromisoformat, required=True, help="date of the new release")
        parser.add_argument("--release-version", default="1", help="version of the new release")
        parser.add_argument("--out", type=Path, default=settings.BASE_DIR / "data", help="folder to write")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Write the files and say how many rows each has."""
        try:
            counts = building.build(
                options["clinical"],
                options["formulary"],
                options["out"],
                version=options["release_version"],
                released_on=options["released_on"],
                vocabulary=options["vocabulary"],
            )
        except (OSError, KeyError) as wrong:
            raise CommandError(f"The tables cannot be read: {wrong}") from wrong
        for name, rows in counts.items():
            self.stdout.write(f"{name}: {rows} rows")
