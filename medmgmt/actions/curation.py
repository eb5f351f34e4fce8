"""The clinic's own rules and grades: one person proposes with reason, dates and cases, another approves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import curation, local_cases, local_release
from interactions.errors import NoSuchLocalChange
from interactions.local_cases import Tried
from interactions.models import LocalChange, LocalState
from medmgmt.record import access, audit
from medmgmt.record.models import Role, User
from refills import worklist
from refills.models import Task, TaskKind


@dataclass(frozen=True)
class Wanted:
    """What somebody wants the knowledge to say here: a new rule, or another grade for a rule, a derivation or pairs."""

    severity: str
    reason: str
    cases: Sequence[object]
    a: str = ""
    b: str = ""
    of_source: str = ""
    of_rule: str = ""
    of_code: str = ""
    """D01, C04 ...: what is worked out, where a finding names it so."""
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
    today = timezone.localdate()
    sides = {side: curation.named(getattr(wanted, side)) for side in ("a", "b")}
    cases = local_cases.told(wanted.cases, today)
    values = {**vars(wanted), **sides, "cases": cases, "valid_from": wanted.valid_from or today}
    change = LocalChange(author=by, proposed_at=timezone.now(), **values)
    curation.require_sound(change)
    change.save()
    audit.record(by, "propose_rule", obj=("local_change", change.pk))
    ask_for_a_second_person(change)
    return change


def ask_for_a_second_person(change: LocalChange) -> None:
    """A task for the pharmacists where there is another one than the author, else for the psychiatrists."""
    others = User.objects.filter(role=Role.PHARMACIST, is_active=True).exclude(pk=change.author_id)
    worklist.open_task(
        kind=TaskKind.KNOWLEDGE_CHANGE,
        key=f"local-change:{change.pk}",
        role=Role.PHARMACIST if others.exists() else Role.PSYCHIATRIST,
        source=("local_change", change.pk),
        title=_("A change of what the knowledge says here waits for a second person"),
    )


@transaction.atomic
def approve(by: User, change_id: int) -> LocalChange:
    """Puts it into use, by another than its author; CasesFailed while its cases do not come out as they should."""
    access.require(by, "approve_knowledge")
    release = curation.approve(change_id, by.pk)
    audit.record(by, "approve_rule", obj=("local_change", change_id), detail={"release": release.pk if release else 0})
    is_decided(change_id)
    return LocalChange.objects.get(pk=change_id)


@transaction.atomic
def reject(by: User, change_id: int, *, why: str) -> LocalChange:
    """Declines it; the row stays."""
    access.require(by, "approve_knowledge")
    change = curation.reject(change_id, by.pk, why)
    audit.record(by, "reject_rule", obj=("local_change", change_id))
    is_decided(change_id)
    return change


@transaction.atomic
def end(by: User, change_id: int, *, why: str) -> LocalChange:
    """Takes an approved one out of use."""
    access.require(by, "curate_knowledge")
    change = curation.end(change_id, by.pk, why)
    audit.record(by, "end_rule", obj=("local_change", change_id))
    is_decided(change_id)
    return change


def is_decided(change_id: int) -> None:
    """Nobody needs to look at the change any more."""
    waiting = Task.objects.filter(source_type="local_change", source_id=str(change_id)).values_list("key", flat=True)
    for key in waiting:
        worklist.cancel_by_key(key, _("It has been decided."))


def try_out(by: User, change_id: int) -> tuple[LocalChange, list[Tried]]:
    """The change, and what its cases come to with it in use today; nothing is kept but the audit."""
    access.require(by, "view_knowledge")
    change = LocalChange.objects.select_related("author", "decided_by").filter(pk=change_id).first()
    if change is None:
        raise NoSuchLocalChange()
    tried = local_release.try_out(change, timezone.localdate())
    audit.record(by, "try_rule", obj=("local_change", change_id), detail={"fail": sum(not one.passes for one in tried)})
    return change, tried


def keep_dates() -> None:
    """What begins or ends today does so; what fails its cases is suspended, and a pharmacist is told."""
    outcome = local_release.refresh(timezone.localdate(), by_id=None)
    for change in outcome.suspended:
        audit.record(None, "suspend_rule", obj=("local_change", change.pk), actor_name=audit.CLOCK)
    tell_of_suspended()


def tell_of_suspended() -> int:
    """One task for every suspended change, however it came to be suspended; how many there are. Safe to repeat."""
    suspended = LocalChange.objects.filter(state=LocalState.SUSPENDED)
    for change in suspended:
        worklist.open_task(
            kind=TaskKind.KNOWLEDGE_CHANGE,
            key=f"local-rule:{change.pk}:{change.decided_at:%Y%m%d%H%M%S%f}",
            role=Role.PHARMACIST,
            case="suspended",
            source=("local_change", change.pk),
            title=_("A rule of this clinic is out of use: its cases fail"),
            detail=change.decided_why,
        )
    return len(suspended)
