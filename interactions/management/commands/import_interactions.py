"""Imports a data set of drug pairs as a release that somebody may then put into use."""

import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions import downloading, importing
from interactions.errors import DownloadRefused, ImportRefused
from interactions.importers import ddinter, table

MOST_NAMES = 40


class Command(BaseCommand):
    """manage.py import_interactions ddinter FILE... | ddinter --download DIR | table FILE"""

    help = "Import interaction data as a release, not yet in use."

    def add_arguments(self, parser: CommandParser) -> None:
        sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
        official = sources.add_parser("ddinter", help="the official DDInter CSV files, one for each ATC letter")
        official.add_argument("files", nargs="*", type=Path, metavar="FILE")
        official.add_argument("--download", type=Path, metavar="DIR", help="fetch all fourteen files into DIR first")
        official.add_argument("--url", default=downloading.DEFAULT_URL, help="where to fetch; {letter} is replaced")
        official.add_argument("--ca", help="file of certificates to trust instead of the usual ones")
        official.add_argument(
            "--pause", type=float, default=downloading.PAUSE_SECONDS, help="seconds between two files"
        )
        listed = sources.add_parser("table", help="a CSV of pairs by RxCUI", description=table.__doc__)
        listed.add_argument("files", nargs=1, type=Path, metavar="FILE")
        for one in (official, listed):
            one.add_argument("--source", dest="called", default="", help="what the release is called")
            one.add_argument("--release-version", default="", help="its version")
            one.add_argument("--released-on", type=date.fromisoformat, help="its date (YYYY-MM-DD)")
            one.add_argument("--licence", default="", help="under which licence it may be used")
            one.add_argument("--vocabulary", type=Path, help="RxNorm ingredients CSV (rxcui,tty,name) to map names")
            one.add_argument("--skip-bad", action="store_true", help="leave out rows that cannot be read")
            one.add_argument("--show-unmapped", action="store_true", help="list every name without an RxCUI")

    def handle(self, *_args: Any, **options: Any) -> None:
        started = time.monotonic()
        try:
            files = self._fetched(options) if options.get("download") else options["files"]
            if not files:
                raise CommandError("Name the files, or use --download DIR.")
            imported = self._imported(files, options)
        except (ImportRefused, DownloadRefused) as refused:
            raise CommandError(str(refused)) from refused
        release = imported.release
        if imported.found is None:
            self.stdout.write(
                f"These contents are release {release.pk} already ({release}, {release.get_status_display()})."
            )
        self._account(release.counts, time.monotonic() - started)
        for warning in release.warnings:
            self.stdout.write(self.style.WARNING(f"WARNING: {warning}"))
        if options["show_unmapped"]:
            unmapped = release.drugs.filter(rxcui=None).order_by("name").values_list("name", flat=True)
            self.stdout.write("Names without an RxCUI:\n  " + "\n  ".join(unmapped))
        self.stdout.write(
            f"Release {release.pk}: {release}. Put it into use with: manage.py activate_release {release.pk}"
        )

    def _fetched(self, options: dict[str, Any]) -> list[Path]:
        fetched = downloading.fetch(
            ddinter.LETTERS,
            options["download"],
            url=options["url"],
            ca=options["ca"] or True,
            limits=downloading.Limits(pause_seconds=options["pause"]),
            tell=self.stderr.write,
        )
        for one in fetched:
            self.stdout.write(f"{one.path.name} sha256 {one.sha256}{' (was here)' if one.was_here else ''}")
        return [one.path for one in fetched]

    def _imported(self, files: list[Path], options: dict[str, Any]) -> importing.Imported:
        choices = importing.Choices(
            version=options["release_version"],
            released_on=options["released_on"],
            licence=options["licence"],
            source=options["called"],
            vocabulary=options["vocabulary"],
            skip_bad=options["skip_bad"],
        )
        if options["source"] == "table":
            return importing.import_table(files[0], choices, self._progress())
        return importing.import_ddinter(files, choices, self._progress())

    def _progress(self) -> Callable[[int], None]:
        """A line that counts on a terminal, and one line for every hundred thousand rows elsewhere."""
        on_terminal = sys.stderr.isatty()

        def tell(rows: int) -> None:
            if on_terminal:
                self.stderr.write(f"\r{rows:,} rows", ending="")
            elif rows % 100_000 == 0:
                self.stderr.write(f"{rows:,} rows")

        return tell

    def _account(self, counts: dict[str, Any], seconds: float) -> None:
        self.stdout.write(
            f"{counts['rows']:,} rows, {counts['pairs']:,} unordered pairs, {counts['drugs']:,} drugs "
            f"({counts['unmapped']:,} without an RxCUI) in {seconds:.1f} s"
        )
        grades = ", ".join(f"{count:,} {name}" for name, count in counts["grades"].items() if count)
        self.stdout.write(f"Grades: {grades}")
        for a, b, grades in counts["conflict_examples"][:MOST_NAMES]:
            self.stdout.write(f"Graded differently: {a} with {b}: {' and '.join(grades)}")
