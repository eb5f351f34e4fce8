"""python -m tests.stories FILE|FOLDER ... [--json]: tells stories; exit status 0 only if all come true."""

import argparse
import json
import logging
import os
import sys
import tempfile
from pathlib import Path

import django


def prepared() -> None:
    """The product as it is configured for SQLite in memory, unless DATABASE_URL says otherwise."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    if "DATABASE_URL" not in os.environ:
        os.environ["DATABASE_URL"] = f"sqlite:///{tempfile.gettempdir()}/medmgmt-stories.sqlite3"
    os.environ["REDIS_URL"] = ""
    django.setup()
    logging.disable(logging.CRITICAL)


def main(arguments: list[str]) -> int:
    """Reads every file before the first story begins: a file that cannot be read stops all (exit status 2)."""
    parser = argparse.ArgumentParser("python -m tests.stories", allow_abbrev=False)
    parser.add_argument("places", nargs="+", type=Path, metavar="FILE|FOLDER")
    parser.add_argument("--json", action="store_true", dest="as_json", help="the same as JSON")
    asked = parser.parse_args(arguments)
    prepared()
    from tests.stories import knowing, reading, running
    from tests.stories.telling import BadStory

    try:
        stories = [reading.read(path) for path in reading.files(asked.places)]
    except BadStory as bad:
        print(bad, file=sys.stderr)
        return 2
    outcomes = []
    with knowing.throw_away_database(), knowing.known():
        for story in stories:
            outcomes.append(running.run(story))
            if not asked.as_json:
                print(outcomes[-1].line(), flush=True)
    true = sum(one.is_true for one in outcomes)
    if asked.as_json:
        told = {"stories": [one.as_json() for one in outcomes], "passed": true, "of": len(outcomes)}
        print(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        print(f"{true} of {len(outcomes)} stories pass")
    return 0 if outcomes and true == len(outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
