"""Putting a release of interaction knowledge into use, or out of it: always a person's decision."""

from django.db import transaction

from interactions import releases
from interactions.models import Release
from medmgmt.record import access, audit
from medmgmt.record.models import User


@transaction.atomic
def activate(by: User, release_id: int) -> Release:
    """From now on every review uses this release as well."""
    access.require(by, "activate_release")
    release = releases.activate(release_id, by_id=by.pk)
    audit.record(by, "activate_release", obj=("release", release_id))
    return release


@transaction.atomic
def retire(by: User, release_id: int) -> Release:
    """From now on no review uses this release; those that did still name it."""
    access.require(by, "activate_release")
    release = releases.retire(release_id, by_id=by.pk)
    audit.record(by, "retire_release", obj=("release", release_id))
    return release
