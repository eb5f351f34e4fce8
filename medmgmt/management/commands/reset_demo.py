"""Throws the embedded demo database away and makes it afresh; refuses anything that is not the embedded demo."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from medmgmt.management.commands.serve import prepare


class Command(BaseCommand):
    """manage.py reset_demo: only for the SQLite file of the demo, never in production, never on PostgreSQL."""

    help = "Start the demo afresh: delete the embedded database and make it again."

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION or not settings.SQLITE:
            raise CommandError("Only the embedded demo database can be reset; this one is left as it is.")
        connection.close()
        database = Path(str(settings.DATABASES["default"]["NAME"]))
        for ending in ("", "-wal", "-shm"):
            database.with_name(database.name + ending).unlink(missing_ok=True)
        prepare(self.stdout.write)
        self.stdout.write("The demo is fresh. Start it with: make run")
