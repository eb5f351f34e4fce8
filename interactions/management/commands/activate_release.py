"""Puts an imported release into use."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from interactions.errors import NoSuchRelease
from interactions.local import release as local_release


class Command(BaseCommand):
    """manage.py activate_release ID"""

    help = "Put a release of interaction knowledge into use, in place of another one of the same source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("release_id", type=int, metavar="ID")

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            outcome = local_release.put_into_use(options["release_id"], None, timezone.localdate())
        except NoSuchRelease as unknown:
            raise CommandError(str(unknown)) from unknown
        release = outcome.release
        assert release is not None
        self.stdout.write(f"{release} is in use.")
        suspended = [f"local change {one.pk} is suspended. {one.decided_why}" for one in outcome.suspended]
        for warning in [*release.warnings, *suspended]:
            self.stdout.write(self.style.WARNING(f"WARNING: {warning}"))
