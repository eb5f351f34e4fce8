"""Before a release is put into use it is shown what would change, and for whom."""

from pathlib import Path

import pytest

from interactions.models import RescreenRun, Review
from medmgmt.knowledge import previews
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import AuditEntry
from tests import factories
from tests.actions.test_rescreening import LAMOTRIGINE, METFORMIN, both, licensed, put_into_use

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
ROW = f"{LAMOTRIGINE},{METFORMIN},"


def test_it_counts_what_differs_and_whom_it_concerns_and_writes_nothing(tmp_path: Path) -> None:
    both(factories.carla()), both(factories.patient("P-1"))
    release = licensed(tmp_path, "1", f"{ROW}Major", f"{LAMOTRIGINE},29046,Minor")
    runs = RescreenRun.objects.count()
    seen = previews.preview_of(factories.pia(), release.pk, active=True)
    assert seen.counts == {"pairs_added": 2}
    assert (seen.patients, seen.orders, seen.judged, seen.new_alerts, seen.gone_alerts) == (2, 4, 2, 2, 0)
    assert seen.new_alerts_per_100_orders == 50.0
    assert not seen.is_estimate
    assert RescreenRun.objects.count() == runs
    assert not Review.objects.exists()
    assert AuditEntry.objects.filter(act="preview_release", object_id=str(release.pk)).exists()


def test_of_many_it_says_that_the_number_is_an_estimate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(previews, "MOST_JUDGED", 2)
    for number in range(5):
        both(factories.patient(f"P-{number}"))
    seen = previews.preview_of(factories.pia(), licensed(tmp_path, "1", f"{ROW}Major").pk, active=True)
    assert (seen.patients, seen.judged, seen.new_alerts, seen.is_estimate) == (5, 2, 5, True)


def test_a_retired_release_shows_what_goes(tmp_path: Path) -> None:
    both(factories.carla())
    release = licensed(tmp_path, "1", f"{ROW}Contraindicated")
    put_into_use(release)
    seen = previews.preview_of(factories.pia(), release.pk, active=False)
    assert (seen.counts, seen.new_alerts, seen.gone_alerts) == ({"pairs_removed": 1}, 0, 1)


def test_the_listed_rules_say_what_became_of_them() -> None:
    shipped = put_into_use_shipped()
    seen = previews.preview_of(factories.pia(), shipped, active=False)
    assert {rule["what"] for rule in seen.rules} == {"removed"}
    assert all(rule["before"] and not rule["after"] for rule in seen.rules)


def put_into_use_shipped() -> int:
    """The number of the shipped release."""
    return int(RescreenRun.objects.latest("id").after[0])


def test_only_who_may_activate_may_look() -> None:
    with pytest.raises(NotAllowed):
        previews.preview_of(factories.adler(), 1, active=True)
