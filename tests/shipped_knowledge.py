"""The shipped knowledge in use, as `manage.py load_knowledge` puts it; its tables are read once a run, not a test."""

import json
from datetime import date
from functools import cache

from django.conf import settings
from django.utils import timezone

from interactions import releases
from interactions.importers import clinical
from interactions.local import release as local_release
from interactions.models import Release

DATA = settings.BASE_DIR / "data"


@cache
def tables() -> clinical.Clinical:
    """The tables of data/."""
    return clinical.parse(DATA)


@cache
def files() -> dict[str, str]:
    """The digests by which a release is known."""
    return dict(releases.digests([DATA / name for name in (*clinical.FILES, "release.json")]))


@cache
def about() -> releases.About:
    """What the release says of itself."""
    said = json.loads((DATA / "release.json").read_text(encoding="utf-8"))
    return releases.About(
        source=said["source"],
        version=said["version"],
        released_on=date.fromisoformat(said["released_on"]),
        licence=said["licence"],
    )


def put_into_use() -> Release:
    """The release of data/, made where it is not there yet, and active."""
    release = releases.known(files()) or releases.keep_rules(about(), tables(), files())
    local_release.put_into_use(release.pk, None, timezone.localdate())
    return release
