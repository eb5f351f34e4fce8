"""Prints what of the knowledge in use is textbook, what is verified, and what nobody here has reviewed."""

from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import evidence, library
from interactions.evidence import Row
from interactions.models import Verdict


class Command(BaseCommand):
    """manage.py knowledge_status [--drug NAME]"""

    help = "Rows of the rules in use by table: verified, textbook or otherwise; reviewed here, objected to, or neither."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--drug", default="", help="a name or brand: its rows alone, with those nobody reviewed")

    def handle(self, *_args: Any, **options: Any) -> None:
        """One line a table and one for all; CommandError where no rules are in use or nobody knows the drug."""
        releases = evidence.in_use()
        if not releases:
            raise CommandError("No release of rules is in use.")
        found = self._of_drug(options["drug"]) if options["drug"] else [
            row for release in releases for row in evidence.rows(release)
        ]  # fmt: skip
        self._tell(found, lists=bool(options["drug"]))
        self.stdout.write(", ".join(map(str, releases)))

    def _of_drug(self, name: str) -> list[Row]:
        known = library.resolve(name)
        if known is None:
            raise CommandError(f"No drug in use is called {name!r}.")
        return [row for release in evidence.in_use() for row in evidence.about(release, known.key)]

    def _tell(self, found: list[Row], *, lists: bool) -> None:
        verdicts = evidence.verdicts()
        counts: dict[str, Counter[str]] = {}
        for row in found:
            verdict = verdicts.get(row.sha256)
            said = "unreviewed" if verdict is None else str(Verdict(verdict.verdict))
            for table in (row.table, "together"):
                counts.setdefault(table, Counter()).update(["rows", row.confidence or "unsaid", said])
            if lists and verdict is None:
                self.stdout.write(f"not reviewed: {row.table} {row.key} [{row.confidence or 'no confidence said'}]")
        heads = ("rows", "verified", "textbook", "other", "reviewed", "objection", "unreviewed")
        self.stdout.write(f"{'table':<28}" + "".join(f"{head:>11}" for head in heads))
        for table in sorted(counts, key=lambda name: (name == "together", name)):
            of = counts[table]
            of["other"] = of["rows"] - of["verified"] - of["textbook"]
            self.stdout.write(f"{table:<28}" + "".join(f"{of[head]:>11}" for head in heads))
