"""Makes an administrator, or gives one who cannot get in a new way: prints a link with which they choose a password."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.actions import staff
from medmgmt.record.errors import RecordError
from medmgmt.web.staff import link


class Command(BaseCommand):
    """manage.py make_administrator USERNAME [--email ADDRESS] --why REASON: the link alone on standard output."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument("--why", required=True, help="kept in the trail")

    def handle(self, *args: Any, **options: Any) -> None:
        told = {name: options[name] for name in ("email", "why")}
        try:
            self.stdout.write(link(staff.make_administrator(options["username"], **told)))
        except RecordError as refused:
            raise CommandError(str(refused)) from refused
