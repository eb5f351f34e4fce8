"""Other grades laid over a release: on the rule of the release that is named, and the last one given holds."""

from datetime import date

import pytest

from interactions import releases, tiers
from interactions.models import Release, ReleaseKind, TableRow
from interactions.tiers import Tier

ROW = {"rule_id": "R1", "severity": "moderate", "source": "A label"}


def regrade(severity: str, source: str = "medmgmt", rule: str = "R1") -> Tier:
    return Tier("", "", severity, "weekly levels here", source, rule)


def test_a_rule_of_another_release_with_the_same_number_keeps_its_grade() -> None:
    assert tiers.regraded("Licensed", ROW, [regrade("major")]) == ROW
    assert tiers.regraded("medmgmt", ROW, [regrade("major", rule="R2")]) == ROW
    changed = tiers.regraded("medmgmt", ROW, [regrade("major")])
    assert changed["severity"] == "major"
    assert "weekly levels here" in changed["source"]


def test_the_grade_given_last_holds_and_an_empty_one_changes_nothing() -> None:
    assert tiers.regraded("medmgmt", ROW, [regrade("major"), regrade("minor")])["severity"] == "minor"
    assert tiers.regraded("medmgmt", ROW, [regrade("")]) == ROW


@pytest.mark.django_db
def test_what_the_clinic_says_of_a_pair_comes_after_the_shipped_list() -> None:
    about = releases.About(source="Made", version="1", released_on=date(2026, 1, 1))
    release = Release.objects.create(
        source=about.source, version=about.version, released_on=about.released_on, kind=ReleaseKind.RULES,
        sha256="0" * 64, files={}, counts={}, warnings=[], imported_at="2026-01-01T00:00:00Z",
    )  # fmt: skip
    cells = {"a": "lithium", "b": "amlodipine", "source": "a list", "reason": "why"}
    TableRow.objects.create(release=release, table=tiers.TIERS, number=0, cells={**cells, "severity": "major"})
    TableRow.objects.create(release=release, table=tiers.PASSIVE, number=1, cells={**cells, "severity": "minor"})
    assert [one.severity for one in tiers.tiers_of([release])] == ["minor", "major"]
