"""The clinic's own rules and grades: one person proposes with reason, dates and cases, another approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import curation
from interactions.errors import CasesFailed
from interactions.models import LocalChange
from medmgmt.record import access, audit
from medmgmt.record.models import Role, User
from refills import worklist
from refills.models import TaskKind


@dataclass(frozen=True)
class Wanted:
    """What somebody wants the knowledge to say here: a new rule, or another grade for a rule or for pairs."""

    severity: str
    reason: str
    cases: Sequence[object]
    a: str = ""
    b: str = ""
    of_source: str = ""
    of_rule: str = ""
    adds_rule: bool = False
    problem: str = ""
    mechanism: str = ""
    effect: str = ""
    management: str = ""
    citation: str = ""
    valid_from: date | None = None
    valid_until: date | None = None


@transaction.atomic
def propose(by: User, wanted: Wanted) -> LocalChange:
    """Writes it down for a second person; nothing changes yet. Raises NotARule where it makes no sense."""
    access.require(by, "curate_knowledge")
    today = timezone.now().date()
    values = {**vars(wanted), "cases": curation.told(wanted.cases, today), "valid_from": wanted.valid_from or today}
    change = LocalChange(author=by, proposed_at=timezone.now(), **values)
    curation.require_sound(change)
    change.save()
    audit.record(by, "propose_rule", obj=("local_change", change.pk))
    return change


@transaction.atomic
def approve(by: User, change_id: int) -> LocalChange:
    """Puts it into use, by another than its author; CasesFailed while its cases do not come out as they should."""
    access.require(by, "approve_knowledge")
    release = curation.approve(change_id, by.pk, timezone.now().date())
    audit.record(by, "approve_rule", obj=("local_change", change_id), detail={"release": release.pk if release else 0})
    return LocalChange.objects.get(pk=change_id)


@transaction.atomic
def reject(by: User, change_id: int, *, why: str) -> LocalChange:
    """Declines it; the row stays."""
    access.require(by, "approve_knowledge")
    change = curation.reject(change_id, by.pk, why)
    audit.record(by, "reject_rule", obj=("local_change", change_id))
    return change


@transaction.atomic
def end(by: User, change_id: int, *, why: str) -> LocalChange:
    """Takes an approved one out of use."""
    access.require(by, "curate_knowledge")
    change = curation.end(change_id, by.pk, why, timezone.now().date())
    audit.record(by, "end_rule", obj=("local_change", change_id))
    return change


def keep_dates() -> None:
    """What begins or ends today does so; where its cases have come to fail, a pharmacist is told instead."""
    today = timezone.now().date()
    try:
        curation.refresh(today, by_id=None)
    except CasesFailed as failed:
        worklist.open_task(
            kind=TaskKind.OTHER,
            key=f"local-rules:{today.isoformat()}",
            role=Role.PHARMACIST,
            priority=2,
            due_at=timezone.now() + timedelta(days=1),
            source=("local_change", ""),
            title=_("Local rules cannot go live: their cases fail"),
            detail=str(failed),
        )
