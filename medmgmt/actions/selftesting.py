"""A selftest that somebody starts: the shipped cases put to the knowledge of this site."""

from django.db import transaction

from interactions import selftests
from interactions.models import SelftestRun
from medmgmt.record import access, audit
from medmgmt.record.models import User


def run(by: User, *, scope: str) -> SelftestRun:
    """Tests everything in use here, or the shipped rules alone, and keeps what came of it; about a second.

    The cases are put before the transaction begins. Raises NothingToTest where no rules are in use.
    """
    access.require(by, "activate_release")
    outcome = selftests.tried(scope)
    with transaction.atomic():
        kept = selftests.keep(outcome, by.pk)
        audit.record(by, "run_selftest", obj=("selftest", kept.pk),
                     detail={"scope": kept.scope, "failures": len(kept.failures)})  # fmt: skip
    return kept
