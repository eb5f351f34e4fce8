"""Tests the knowledge in use on the cases that ship with it."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import library
from interactions.engine import cases, grading


class Command(BaseCommand):
    """manage.py selftest [--cases DIR]"""

    help = "Run the shipped cases against the knowledge in use: hit rate and nuisance rate by category."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where the cases are."""
        parser.add_argument(
            "--cases", type=Path, default=settings.BASE_DIR / "data" / "selftest", help="folder of JSON"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a category and every fault; fails when there is one."""
        files = sorted(options["cases"].glob("*.json"))
        if not files:
            raise CommandError(f"There are no cases in {options['cases']}.")
        knowledge = library.current()
        scores = []
        for path in files:
            document = json.loads(path.read_text(encoding="utf-8"))
            listed = document["vignettes"]
            answers = cases.reviewed(document, knowledge)["cases"]
            scores.append(grading.score(document["category"], listed, answers))
        self._tell(scores)
        failed = sum(len(one.faults) for one in scores)
        if failed:
            raise CommandError(f"{failed} {'expectation is' if failed == 1 else 'expectations are'} not met.")

    def _tell(self, scores: list[grading.Score]) -> None:
        for one in scores:
            for fault in one.faults:
                self.stdout.write(f"FAIL {fault}")
        self.stdout.write(f"{'category':<18} {'found':>9} {'hit rate':>9} {'nuisances':>10} {'rate':>7} {'pending':>8}")
        for one in [*scores, _together(scores)]:
            self.stdout.write(
                f"{one.category:<18} {f'{one.found}/{one.to_find}':>9} {_rate(one.found, one.to_find):>9} "
                f"{f'{one.nuisances}/{one.to_stay_silent}':>10} {_rate(one.nuisances, one.to_stay_silent):>7} "
                f"{one.pending:>8}"
            )


def _together(scores: list[grading.Score]) -> grading.Score:
    whole = grading.Score("together")
    for one in scores:
        whole.to_find += one.to_find
        whole.found += one.found
        whole.to_stay_silent += one.to_stay_silent
        whole.nuisances += one.nuisances
        whole.pending += one.pending
    return whole


def _rate(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "-"
