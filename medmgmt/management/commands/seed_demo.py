"""manage.py seed_demo: fills an empty database with the demo clinic; never in production."""

import os
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import releases
from medmgmt.demo import seeding
from medmgmt.record.models import Patient

PASSWORD = "demo-harbor-iop"  # noqa: S105 - printed by `make run`; the demo has no secrets


class Command(BaseCommand):
    """Makes about sixty synthetic patients, their past, today's orders and open tasks."""

    help = "Fill an empty database with the synthetic demo clinic."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="also where there are patients already")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.PRODUCTION:
            raise CommandError("The demo clinic has a password that everybody knows; it is not made in production.")
        if Patient.objects.filter(source_id__startswith="demo/").exists():
            raise CommandError("The demo clinic is here already. To start it afresh: make reset")
        if Patient.objects.exists() and not options["force"]:
            raise CommandError("There are patients in this database. To add the demo clinic to them: --force")
        if not releases.active():
            call_command("load_knowledge", verbosity=0)
        made = seeding.seed(password=os.environ.get("DEMO_PASSWORD", PASSWORD))
        if options["verbosity"]:
            self.stdout.write(
                f"The demo clinic: {made.patients} patients, {made.staff} staff, {made.orders} orders today, "
                f"{made.side_effects} side effects, {made.tasks} tasks."
            )
