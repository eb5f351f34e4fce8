"""Prints a new bearer token for the API; only its hash is kept, so it cannot be shown again."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from knox.models import AuthToken

from medmgmt.record import audit
from medmgmt.record.models import User


class Command(BaseCommand):
    """manage.py issue_token USERNAME [--days N]: the token alone on standard output."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("username")
        parser.add_argument("--days", type=int, default=365, help="how long it is valid (default: 365)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= 3650:
            raise CommandError("--days must be from 1 to 3650.")
        user = User.objects.filter(username=options["username"], is_active=True).first()
        if user is None:
            raise CommandError("There is no active user of that name.")
        with transaction.atomic():
            token, secret = AuthToken.objects.create(user, expiry=timedelta(days=options["days"]))
            audit.record(
                None, "issue_token", obj=user, detail={"token_key": token.token_key}, actor_name="the command line"
            )
        self.stdout.write(secret)
