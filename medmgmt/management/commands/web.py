"""The web server of the site alone, for those who start the clock or the workers themselves."""

import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from medmgmt.management import serving
from medmgmt.wsgi import application


class Command(BaseCommand):
    """manage.py web [--processes N]: answers on HOST:PORT until it is told to stop."""

    help = "Answer on HOST:PORT until Ctrl-C; slow clients are waited for without a thread, and not for ever."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--processes", type=int, default=1, help="how many share the port; one for SQLite")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            listening = serving.listen(settings.HOST, settings.PORT)
        except OSError as taken:
            raise CommandError(f"Nobody can listen on {settings.HOST}:{settings.PORT}: {taken.strerror}.") from taken
        connections.close_all()
        if not serving.run(application, listening, processes=options["processes"]):
            sys.exit("A process of the web server has ended, and the others with it.")
