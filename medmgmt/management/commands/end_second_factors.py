"""Ends all second factors of somebody who has lost them; the next sign-in sets up a new one."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.actions import signing_in
from medmgmt.record.errors import Refused


class Command(BaseCommand):
    """manage.py end_second_factors USERNAME --reason WHY: make sure first that it is the person who asks."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--reason", required=True, help="kept in the trail")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            ended = signing_in.end_factors_of(options["username"], reason=options["reason"])
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(f"{ended} ended, and all sessions and tokens with them.")
