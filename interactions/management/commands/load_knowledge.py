"""Loads the shipped knowledge and puts it into use; again and again without harm."""

import json
from datetime import date
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from interactions import releases
from interactions.importers import clinical
from interactions.importers.faults import BadFile
from interactions.local import release as local_release


class Command(BaseCommand):
    """manage.py load_knowledge [--from DIR]"""

    help = "Load the shipped interaction knowledge (data/) and put it into use."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--from", dest="folder", type=Path, default=settings.BASE_DIR / "data", help="folder to read"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        try:
            files = releases.digests([folder / name for name in (*clinical.FILES, "release.json")])
            release = releases.known(files)
            is_new = release is None
            if release is None:
                about = json.loads((folder / "release.json").read_text(encoding="utf-8"))
                release = releases.keep_rules(_about(about), clinical.parse(folder), files)
        except (BadFile, OSError) as wrong:
            raise CommandError(f"The knowledge in {folder} cannot be loaded: {wrong}") from wrong
        outcome = local_release.put_into_use(release.pk, None, timezone.localdate())
        told = "loaded" if is_new else "was loaded before"
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in release.counts.items())
        self.stdout.write(f"{release} {told} and is in use: {counts}.")
        for change in outcome.suspended:
            self.stdout.write(
                self.style.WARNING(f"WARNING: local change {change.pk} is suspended. {change.decided_why}")
            )


def _about(values: dict[str, str]) -> releases.About:
    return releases.About(
        source=values["source"],
        version=values["version"],
        released_on=date.fromisoformat(values["released_on"]),
        licence=values["licence"],
    )
