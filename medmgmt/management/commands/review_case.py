"""Reviews cases that are in no record, against the knowledge in use."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from interactions.errors import NamesDisagree
from medmgmt.supply import cases


class Command(BaseCommand):
    """manage.py review_case FILE|-"""

    help = 'Review a case, a list of cases or {"vignettes": [...]} from a JSON file, or from standard input with "-".'

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", help='a JSON file, or "-"')

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print {"cases": [...]} in the order of the cases."""
        try:
            text = sys.stdin.read() if options["file"] == "-" else Path(options["file"]).read_text(encoding="utf-8")
            document = json.loads(text)
            told = cases.reviewed(document)
        except NamesDisagree as wrong:
            raise CommandError(str(wrong)) from wrong
        except (OSError, ValueError) as wrong:
            raise CommandError(f"The cases cannot be read: {wrong}") from wrong
        except (KeyError, TypeError, AttributeError, AssertionError) as wrong:
            raise CommandError(f"A case lacks its id or its day, or has another shape: {wrong!r}") from wrong
        self.stdout.write(json.dumps(told, indent=1, ensure_ascii=False))
