"""manage.py import_fhir PATH: takes patients, conditions, allergies and what they take over from FHIR R4 files."""

import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from medmgmt.actions import surveying
from medmgmt.actions.surveying import Survey
from medmgmt.fhir.importing import intake
from medmgmt.record.models import CareTeam, Role, User, validate_time_zone

IMPORTER = "history-import"
SEVERITIES = ("contraindicated", "major", "moderate", "minor", "ungraded")


NOT_WHOLE = 3
"""The exit status where something could not be read or written; the rest was taken over all the same."""


class Command(BaseCommand):
    """Reads, imports what is new, reports; --review looks at the regimens with the active knowledge as well."""

    help = (
        "Import FHIR R4 patients, conditions, allergies, medication requests and statements. Safe to repeat. "
        f"Ends with {NOT_WHOLE} if anything could not be read or written."
    )
    is_whole = True

    def run_from_argv(self, argv: list[str]) -> None:
        """As from a shell: the exit status tells whether everything could be taken over."""
        super().run_from_argv(argv)
        if not self.is_whole:
            sys.exit(NOT_WHOLE)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("path", type=Path, help="an NDJSON file, a bundle, or a folder of them")
        parser.add_argument(
            "--team", default="", help="name of the care team that gets new patients; none: nobody's list shows them"
        )
        parser.add_argument(
            "--time-zone", default=settings.TIME_ZONE, help="where patients live whose resource does not say"
        )
        parser.add_argument("--show-unmapped", action="store_true", help="list every name that could not be mapped")
        parser.add_argument(
            "--review", action="store_true", help="check today's regimens of these patients, in numbers"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        by = importer()
        team_id = team(options["team"])
        try:
            validate_time_zone(options["time_zone"])
            report = intake.take_in(
                by, options["path"], now=timezone.now(), time_zone=options["time_zone"], team_id=team_id,
                progress=self.progress,
            )  # fmt: skip
        except (FileNotFoundError, PermissionError) as unreadable:
            raise CommandError(str(unreadable)) from unreadable
        self.is_whole = report.is_whole
        for line in report.lines(show_unmapped=options["show_unmapped"]):
            self.stdout.write(line)
        if options["review"]:
            for line in survey_lines(surveying.survey(by, report.patient_ids)):
                self.stdout.write(line)

    def progress(self, done: int, of: int) -> None:
        """A line on a terminal that grows with the work; nothing where nobody watches."""
        if self.stderr.isatty() and (done % 20 == 0 or done == of):
            self.stderr.write(f"\r{done:,} of {of:,} patients", ending="\n" if done == of else "")


def importer() -> User:
    """The account under which history is recorded; it has no password, so nobody can sign in with it."""
    known = User.objects.filter(username=IMPORTER).first()
    if known is not None:
        return known
    return User.objects.create_user(
        username=IMPORTER, role=Role.ADMINISTRATOR, first_name="Imported", last_name="record"
    )


def team(name: str) -> int | None:
    """The number of the care team of this name; CommandError if there is none."""
    if not name:
        return None
    found = CareTeam.objects.filter(name=name).first()
    if found is None:
        raise CommandError(f"There is no care team “{name}”. The teams are: {', '.join(names()) or 'none yet'}.")
    return int(found.pk)


def names() -> list[str]:
    return list(CareTeam.objects.values_list("name", flat=True))


def survey_lines(survey: Survey) -> list[str]:
    """The survey in lines of plain text; silence is never called safety."""
    by_severity = ", ".join(f"{word} {survey.findings[word]:,}" for word in SEVERITIES)
    worst = ", ".join(f"{word} {survey.patients_by_worst[word]:,}" for word in SEVERITIES)
    pairs = ", ".join(f"{state.replace('_', ' ')} {count:,}" for state, count in sorted(survey.pairs.items()))
    return [
        "",
        f"Review of today's regimens. {survey.scope}",
        f"  {survey.patients:,} patients, {survey.medicines:,} medicines taken today; {survey.without_medicine:,} take "
        f"none, {survey.with_pairs:,} take two or more",
        f"  findings: {by_severity}",
        f"  patients by their most severe finding: {worst}",
        f"  pairs: {pairs or 'none'}",
        f"  not checked: {survey.not_checked:,} drugs or pairs, in {survey.patients_not_checked:,} patients",
        *(f"    {count:>4,}  {severity}: {drugs}" for (severity, drugs), count in survey.most_frequent.most_common(15)),
    ]
