"""Checks the tables of data/ and names file and line of what makes no sense."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from medmgmt.management.tables.check import check


class Command(BaseCommand):
    """manage.py check_data [--from DIR]"""

    help = "Check every table of data/: shape, keys, figures, rules that can never fire, facts said twice."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, default=settings.BASE_DIR / "data", help="folder to check"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a fault; fails when there is one."""
        checked = check(options["folder"])
        for fault in checked.faults:
            self.stdout.write(str(fault))
        if checked.faults:
            raise CommandError(f"{len(checked.faults)} faults in {checked.rows:,} rows.")
        self.stdout.write(f"{checked.rows:,} rows of {checked.tables} tables make sense.")
