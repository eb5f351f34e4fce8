"""Puts an imported release into use."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import releases
from interactions.errors import NoSuchRelease


class Command(BaseCommand):
    """manage.py activate_release ID"""

    help = "Put a release of interaction knowledge into use, in place of another one of the same source."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which release."""
        parser.add_argument("release_id", type=int, metavar="ID")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Activate it and repeat its warnings."""
        try:
            release = releases.activate(options["release_id"], by_id=None)
        except NoSuchRelease as unknown:
            raise CommandError(str(unknown)) from unknown
        self.stdout.write(f"{release} is in use.")
        for warning in release.warnings:
            self.stdout.write(self.style.WARNING(f"WARNING: {warning}"))
