"""Putting a release of interaction knowledge into use, or out of it: always a person's decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import selftests
from interactions.errors import MassChange, NoSuchLocalChange
from interactions.local import cases as local_cases
from interactions.local import curation
from interactions.local import release as local_release
from interactions.local.cases import Tried
from interactions.local.release import Outcome
from interactions.models import LocalChange, LocalState, Release, SelftestRun
from medmgmt.knowledge import previews
from medmgmt.record import access, audit, door
from medmgmt.record.models import Role, User
from refills.models import Task
from refills.worklist import kinds, tasks


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
def activate(by: User, release_id: int) -> Release:
    """From now on every review uses this release as well; local rules whose cases fail beside it are suspended.

    One that takes the place of another and takes away much of it is proposed instead: MassChange.
    """
    access.require(by, "activate_release")
    door.require_fresh()
    if previews.is_mass_change(release_id):
        raise MassChange
    outcome = local_release.put_into_use(release_id, by.pk, timezone.localdate())
    return _switched(by, release_id, "activate_release", outcome)


@transaction.atomic
def propose_switch(by: User, release_id: int, *, becomes: str, reason: str) -> LocalChange:
    """A pharmacist wants a release out of use, or one in use that takes away much: a second person decides.

    Nothing changes yet. What is not in use cannot be taken out of use.
    """
    access.require(by, "curate_knowledge")
    door.require_fresh()
    release = curation.require_switch(release_id, becomes, reason)
    change = LocalChange.objects.create(
        author=by, proposed_at=timezone.now(), adds_rule=False, of_release=release, becomes=becomes, reason=reason,
        cases=[], valid_from=timezone.localdate(),
    )  # fmt: skip
    audit.record(by, "propose_switch", obj=("local_change", change.pk), why=reason,
                 detail={"release": release.pk, "becomes": becomes})  # fmt: skip
    ask_for_a_second_person(change, but=by)
    return change


def _switched(by: User, release_id: int, act: str, outcome: Outcome) -> Release:
    audit.record(
        by, act, obj=("release", release_id), detail={"suspended_rules": [one.pk for one in outcome.suspended]}
    )
    tell_of_suspended()
    assert outcome.release is not None
    return outcome.release


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


@transaction.atomic
def propose(by: User, wanted: Wanted) -> LocalChange:
    """Writes it down for a second person; nothing changes yet. Raises NotARule where it makes no sense."""
    access.require(by, "curate_knowledge")
    today = timezone.localdate()
    sides = {side: curation.named(getattr(wanted, side)) for side in ("a", "b")}
    cases = local_cases.as_cases(wanted.cases, today)
    values = {**vars(wanted), **sides, "cases": cases, "valid_from": wanted.valid_from or today}
    change = LocalChange(author=by, proposed_at=timezone.now(), **values)
    curation.require_sound(change)
    change.save()
    audit.record(by, "propose_rule", obj=("local_change", change.pk))
    ask_for_a_second_person(change, but=by)
    return change


def ask_for_a_second_person(change: LocalChange, *, but: User, key: str = "") -> None:
    """A task for the pharmacists where there is another one than who asks, else for the psychiatrists."""
    others = User.objects.filter(role=Role.PHARMACIST, is_active=True).exclude(pk=but.pk)
    role = Role.PHARMACIST if others.exists() else Role.PSYCHIATRIST
    tasks.open_for(kinds.RULE_PROPOSED, change.pk, key=key, role=role)


@transaction.atomic
def approve(by: User, change_id: int) -> LocalChange:
    """Puts it into use, by another than its author; CasesFailed while its cases do not come out as they should."""
    access.require(by, "approve_knowledge")
    door.require_in_person()
    door.require_fresh()
    release = curation.approve(change_id, by.pk)
    tell_of_suspended()
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
    """Takes an approved one out of use: a pharmacist asks, and a second person does it by saying the same.

    One that is suspended holds no more, and a pharmacist ends it alone.
    """
    access.require(by, "approve_knowledge")
    if not curation.wants_a_second_person(change_id):
        access.require(by, "curate_knowledge")
    door.require_in_person()
    door.require_fresh()
    change = curation.end(change_id, by.pk, why)
    if change.state != LocalState.ENDED:
        audit.record(by, "ask_to_end_rule", obj=("local_change", change_id), why=why)
        key = kinds.RULE_PROPOSED.key_of(f"{change_id}:end:{timezone.now():%Y%m%d%H%M%S%f}")
        ask_for_a_second_person(change, but=by, key=key)
        return change
    audit.record(by, "end_rule", obj=("local_change", change_id))
    is_decided(change_id)
    return change


def is_decided(change_id: int) -> None:
    """Nobody needs to look at the change any more."""
    waiting = Task.objects.filter(source_type="local_change", source_id=str(change_id)).values_list("key", flat=True)
    for key in waiting:
        tasks.cancel_by_key(key, _("It has been decided."))


def try_out(by: User, change_id: int) -> tuple[LocalChange, list[Tried]]:
    """The change, and what its cases come to with it in use today; nothing is kept but the audit."""
    access.require(by, "view_knowledge")
    change = (
        LocalChange.objects.select_related("author", "decided_by", "end_asked_by", "of_release")
        .filter(pk=change_id)
        .first()
    )
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
        key = kinds.RULE_SUSPENDED.key_of(change.pk, f"{change.decided_at:%Y%m%d%H%M%S%f}")
        tasks.open_for(kinds.RULE_SUSPENDED, change.pk, key=key, detail=change.decided_why)
    return len(suspended)
