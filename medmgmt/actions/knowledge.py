"""Putting a release of interaction knowledge into use, or out of it: always a person's decision."""

from django.db import transaction
from django.utils import timezone

from interactions import local_release
from interactions.local_release import Outcome
from interactions.models import Release
from medmgmt.actions import curation
from medmgmt.record import access, audit
from medmgmt.record.models import User


@transaction.atomic
def activate(by: User, release_id: int) -> Release:
    """From now on every review uses this release as well; local rules whose cases fail beside it are suspended."""
    access.require(by, "activate_release")
    outcome = local_release.put_into_use(release_id, by.pk, timezone.localdate())
    return _switched(by, release_id, "activate_release", outcome)


@transaction.atomic
def retire(by: User, release_id: int) -> Release:
    """From now on no review uses this release; those that did still name it."""
    access.require(by, "activate_release")
    outcome = local_release.take_out_of_use(release_id, by.pk, timezone.localdate())
    return _switched(by, release_id, "retire_release", outcome)


def _switched(by: User, release_id: int, act: str, outcome: Outcome) -> Release:
    audit.record(
        by, act, obj=("release", release_id), detail={"suspended_rules": [one.pk for one in outcome.suspended]}
    )
    curation.tell_of_suspended()
    assert outcome.release is not None
    return outcome.release
