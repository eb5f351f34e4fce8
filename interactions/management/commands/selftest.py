"""Tests the knowledge in use, or the shipped rules alone, on the cases that ship with them."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import selftests
from interactions.engine import grading
from interactions.errors import NothingToTest
from interactions.models import SelftestScope


class Command(BaseCommand):
    """manage.py selftest [--shipped] [--cases DIR]"""

    help = "Run the shipped cases against the knowledge in use: hit rate and nuisance rate by category. Kept."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--shipped", action="store_true", help="the shipped rules alone, without local changes")
        parser.add_argument(
            "--cases", type=Path, default=selftests.FOLDER, help="folder of JSON; other cases than ours"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a category and every fault; fails when there is one. A run over the shipped cases is kept."""
        scope = SelftestScope.SHIPPED if options["shipped"] else SelftestScope.IN_USE
        try:
            outcome = selftests.tried(scope, options["cases"])
        except NothingToTest as nothing:
            raise CommandError(str(nothing)) from nothing
        if options["cases"] == selftests.FOLDER:
            selftests.keep(outcome, by_id=None)
        self._tell(outcome)
        failed = len(outcome.failures)
        if failed:
            raise CommandError(f"{failed} {'case is' if failed == 1 else 'cases are'} not as expected.")

    def _tell(self, outcome: selftests.Outcome) -> None:
        for _category, failure in outcome.failures:
            self.stdout.write("".join(f"FAIL {line}\n" for line in str(failure).splitlines()))
        self.stdout.write(f"{'category':<18} {'found':>9} {'hit rate':>9} {'nuisances':>10} {'rate':>7} {'pending':>8}")
        for one in [*outcome.scores, grading.together(outcome.scores)]:
            self.stdout.write(
                f"{one.category:<18} {f'{one.found}/{one.to_find}':>9} {_rate(one.found, one.to_find):>9} "
                f"{f'{one.nuisances}/{one.to_stay_silent}':>10} {_rate(one.nuisances, one.to_stay_silent):>7} "
                f"{one.pending:>8}"
            )
        asked = ", ".join(str(release) for release in outcome.releases)
        self.stdout.write(f"{asked}: {outcome.scope.label}, in {outcome.milliseconds / 1000:.1f} s.")


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
