"""Prints a new bearer token for the API; only its digest is kept, so it cannot be shown again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from medmgmt.actions import tokens
from medmgmt.record.errors import Refused
from medmgmt.record.models import Scope


class Command(BaseCommand):
    """manage.py make_token USERNAME --name NAME --reason WHY [--scope SCOPE] [--days N]: the token alone on stdout."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--name", required=True, help="what it is for; its owner knows it by this name")
        parser.add_argument("--reason", required=True, help="why it is made here; the trail keeps it")
        parser.add_argument("--scope", choices=Scope.values, default=Scope.READ, help="how far it reaches (read)")
        parser.add_argument("--days", type=int, default=30, help="how long it lasts, 90 at most (30)")

    def handle(self, *args: Any, **options: Any) -> None:
        said = {name: options[name] for name in ("name", "scope", "days", "reason")}
        try:
            _token, secret = tokens.make_token_for(options["username"], **said)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(secret)
