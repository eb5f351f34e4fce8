"""The selftest: the shipped cases put to the knowledge in use, or to the shipped rules alone, and what came of it."""

import hashlib
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, releases
from interactions.engine import cases, grading
from interactions.engine.knowledge import Knowledge
from interactions.errors import NothingToTest
from interactions.models import Release, ReleaseKind, SelftestRun, SelftestScope

FOLDER = settings.BASE_DIR / "data" / "selftest"
SHIPPED = "medmgmt"
"""The source of the shipped rules."""
MOST_FAILURES = 500
"""How many failures a run keeps with their reasons; all are counted."""


@dataclass(frozen=True)
class Outcome:
    """What came of the cases, category by category; nothing is kept yet."""

    scope: SelftestScope
    releases: Sequence[Release]
    scores: Sequence[grading.Score]
    cases_sha256: str
    milliseconds: int

    @property
    def failures(self) -> list[tuple[str, grading.Failure]]:
        """Every case that did not come out as expected, with its category."""
        return [(score.category, failure) for score in self.scores for failure in score.failures]


def tried(scope: str, folder: Path = FOLDER) -> Outcome:
    """Puts every case to the knowledge; a few seconds, and nothing is written.

    NothingToTest where no release is in use, the shipped rules are not, or the folder holds no cases.
    """
    wanted = SelftestScope(scope)
    used = chosen(wanted)
    files = sorted(folder.glob("*.json"))
    if not used:
        raise NothingToTest(_("No release of rules is in use, so there is nothing to test."))
    if not files:
        raise NothingToTest(_("There are no cases in this folder."))
    began = time.monotonic()
    knowledge = library.knowledge_of([release.pk for release in used])
    scores = [scored(json.loads(path.read_text(encoding="utf-8")), knowledge) for path in files]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()
    return Outcome(wanted, used, scores, digest, round(1000 * (time.monotonic() - began)))


def scored(document: dict[str, Any], knowledge: Knowledge) -> grading.Score:
    """One file of cases against the knowledge."""
    answers = cases.reviewed(document, knowledge)["cases"]
    return grading.score(document["category"], document["vignettes"], answers)


def chosen(scope: SelftestScope) -> list[Release]:
    """The releases that are asked: all in use with the clinic's own changes, or the shipped rules in use alone."""
    active = releases.active()
    if scope == SelftestScope.IN_USE:
        return active if any(one.kind == ReleaseKind.RULES for one in active) else []
    return [one for one in active if one.source == SHIPPED]


def keep(outcome: Outcome, by_id: int | None) -> SelftestRun:
    """The run as it came out, for ever."""
    whole = grading.together(outcome.scores)
    return SelftestRun.objects.create(
        scope=outcome.scope,
        at=timezone.now(),
        by_id=by_id,
        releases=[release_named(release) for release in outcome.releases],
        mark=mark(outcome.releases),
        cases_sha256=outcome.cases_sha256,
        to_find=whole.to_find,
        found=whole.found,
        to_stay_silent=whole.to_stay_silent,
        nuisances=whole.nuisances,
        pending=whole.pending,
        categories=[line(score) for score in outcome.scores],
        failures=[
            {"category": category, **failure._asdict(), "why": list(failure.why)}
            for category, failure in outcome.failures[:MOST_FAILURES]
        ],
        milliseconds=outcome.milliseconds,
    )


def release_named(release: Release) -> dict[str, str]:
    """A release as a run names it."""
    return {
        "source": release.source,
        "version": release.version,
        "released_on": release.released_on.isoformat(),
        "sha256": release.sha256,
    }


def line(score: grading.Score) -> dict[str, Any]:
    return {
        "category": score.category,
        "to_find": score.to_find,
        "found": score.found,
        "to_stay_silent": score.to_stay_silent,
        "nuisances": score.nuisances,
        "pending": score.pending,
    }


def mark(used: Iterable[Release]) -> str:
    """One digest for a set of releases, whatever their order."""
    return hashlib.sha256("\n".join(sorted(release.sha256 for release in used)).encode()).hexdigest()


def newest_in_use() -> SelftestRun | None:
    """The newest run over exactly what is in use now; None where that has not been tested. Two queries."""
    return SelftestRun.objects.filter(mark=mark(releases.active()), scope=SelftestScope.IN_USE).first()
