"""The clinic's own rules and grades: sound or refused, and decided once by a second person."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, releases, tiers
from interactions.engine import sides
from interactions.engine.knowledge import Knowledge
from interactions.errors import NoSuchLocalChange, NoSuchRelease, NotARule
from interactions.local import cases, release
from interactions.models import LocalChange, LocalState, Release, ReleaseStatus, Rule, Severity

UNDECIDED = (LocalState.PROPOSED, LocalState.SUSPENDED)
IN_FORCE = (LocalState.APPROVED, LocalState.SUSPENDED)


def named(side: str) -> str:
    """A side as the knowledge names it: brands and salts become their drug; what nobody knows stays as it was typed."""
    known = library.current()
    parts = [part.strip() for part in side.split(";")]
    entries = [None if part.startswith("set:") else known.catalogue.resolve(part) for part in parts]
    return ";".join(entry.key if entry else part for part, entry in zip(parts, entries, strict=True))


def require_sound(change: LocalChange) -> None:
    """NotARule where the drugs, classes, rule, derivation or grade are none, or no case says what should come of it."""
    known = library.current()
    if change.of_rule:
        _require_rule(change)
    elif not change.of_code or change.a or change.b:
        _require_sides(change, known)
    needs_grade = change.adds_rule or change.of_rule or change.of_code
    if change.severity not in Severity.values and (change.severity or needs_grade):
        raise NotARule(_("Choose a severity."))
    if not change.reason.strip():
        raise NotARule(_("Say why."))
    if change.valid_until is not None and change.valid_until < change.valid_from:
        raise NotARule(_("It would end before it begins."))
    _require_readable(change, known)
    if change.of_code:
        _require_derivation(change, known)
    elif not change.adds_rule and not change.of_rule:
        _require_low_value(change, known)


def require_switch(release_id: int, becomes: str, reason: str) -> Release:
    """The locked release, where it makes sense to propose that it becomes active or retired; else NotARule."""
    release = Release.objects.select_for_update().filter(pk=release_id).first()
    if release is None:
        raise NoSuchRelease()
    if becomes not in (ReleaseStatus.ACTIVE, ReleaseStatus.RETIRED):
        raise NotARule(_("A release comes into use or goes out of use."))
    if (release.status == ReleaseStatus.ACTIVE) == (becomes == ReleaseStatus.ACTIVE):
        raise NotARule(_("It is so already."))
    if LocalChange.objects.filter(of_release=release, state=LocalState.PROPOSED).exists():
        raise NotARule(_("This release has a proposal that waits for a second person."))
    if not reason.strip():
        raise NotARule(_("Say why."))
    return release


def _require_rule(change: LocalChange) -> None:
    rules = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE, release__source=change.of_source)
    if not rules.filter(rule_id=change.of_rule).exists():
        raise NotARule(_("No rule in use has this number."))


def _require_sides(change: LocalChange, known: Knowledge) -> None:
    for side in (change.a, change.b):
        if change.of_code and not side:
            continue
        for part in [side] if change.adds_rule else side.split(";"):
            if part.removeprefix("set:") not in (known.sets if part.startswith("set:") else known.catalogue.drugs):
                raise NotARule(_("No drug and no class in use is called %(name)s.") % {"name": part or "–"})


def _require_readable(change: LocalChange, known: Knowledge) -> None:
    if not 0 < len(change.cases) <= cases.MOST_CASES:
        raise NotARule(_("Give at least one case that shows what should come of it."))
    for case in change.cases:
        try:
            cases.tried(case, known)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as unread:
            raise NotARule(_("Case %(case)s cannot be read.") % {"case": str(case["id"])[:40]}) from unread


def _require_derivation(change: LocalChange, known: Knowledge) -> None:
    """What is worked out must show in a case as it is now, so that the case tries what is changed."""
    if change.severity == Severity.UNGRADED:
        raise NotARule(_("Choose a severity."))
    codes = {
        source.get("rule")
        for case in change.cases
        for finding in cases.findings(case, known)
        for source in finding["sources"]
    }
    if change.of_code not in codes:
        told = ", ".join(sorted(code for code in codes if code)) or "–"
        raise NotARule(
            _("No case brings up %(code)s. What its cases bring up now: %(told)s.")
            % {"code": change.of_code, "told": told}
        )


def _require_low_value(change: LocalChange, known: Knowledge) -> None:
    """No pair of high priority is folded away."""
    if change.severity not in tiers.QUIET:
        return
    grave = tiers.high_priority(releases.active(), known.sets)
    for a, b in sorted(sides.pairs(change.a, change.b, known.sets) & grave):
        raise NotARule(
            _("%(a)s with %(b)s is on the ONC list of high priority and cannot be on the passive list.")
            % {"a": a, "b": b}
        )


@transaction.atomic
def approve(change_id: int, by_id: int) -> Release | None:
    """Puts a change into use if its cases, and those of every other local rule, come out as they should.

    Never by its author; one that was suspended needs it again. CasesFailed leaves everything as it was. None where it
    begins to hold on a later day.
    """
    change = _undecided(change_id)
    if change.author_id == by_id:
        raise NotARule(_("A second person must approve it, not its author."))
    _decide(change, LocalState.APPROVED, by_id, "")
    if change.becomes:
        return switched(change, by_id)
    return release.admit(change, by_id=by_id, day=timezone.localdate())


def switched(change: LocalChange, by_id: int) -> Release | None:
    """Puts the release that it is about into use, or out of it."""
    switch = release.put_into_use if change.becomes == ReleaseStatus.ACTIVE else release.take_out_of_use
    return switch(change.of_release_id or 0, by_id, timezone.localdate()).release


@transaction.atomic
def reject(change_id: int, by_id: int, why: str) -> LocalChange:
    """It never comes into use; of one that holds and that somebody wants ended, that it stays."""
    asked = LocalChange.objects.select_for_update().filter(pk=change_id, state=LocalState.APPROVED)
    change = asked.exclude(end_asked_by=None).first()
    if change is not None:
        _ask_to_end(change, None, "")
        return change
    change = _undecided(change_id)
    _decide(change, LocalState.REJECTED, by_id, why)
    return change


def wants_a_second_person(change_id: int) -> bool:
    """Whether somebody wants a change ended that holds: only then another may end it. NoSuchLocalChange for none."""
    change = _in_force(change_id)
    return change.state == LocalState.APPROVED and change.end_asked_by_id is not None


@transaction.atomic
def end(change_id: int, by_id: int, why: str) -> LocalChange:
    """It holds no longer, from now on. What holds is ended by two people: the first asks, another than they ends it.

    What was suspended is out of use already, and one person is enough.
    """
    change = _in_force(change_id)
    if change.state == LocalState.APPROVED and change.end_asked_by_id is None:
        if not why.strip():
            raise NotARule(_("Say why."))
        _ask_to_end(change, by_id, why)
        return change
    if change.state == LocalState.APPROVED and change.end_asked_by_id == by_id:
        raise NotARule(_("A second person must agree that it goes out of use."))
    change.state, change.decided_why = LocalState.ENDED, why.strip() or change.end_asked_why
    change.save(update_fields=["state", "decided_why"])
    release.refresh(timezone.localdate(), by_id=by_id)
    return change


def _in_force(change_id: int) -> LocalChange:
    change = LocalChange.objects.select_for_update().filter(pk=change_id, state__in=IN_FORCE, becomes="").first()
    if change is None:
        raise NoSuchLocalChange()
    return change


def _ask_to_end(change: LocalChange, by_id: int | None, why: str) -> None:
    change.end_asked_by_id, change.end_asked_why = by_id, why
    change.save(update_fields=["end_asked_by", "end_asked_why"])


def _undecided(change_id: int) -> LocalChange:
    change = LocalChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NoSuchLocalChange()
    if change.state not in UNDECIDED:
        raise NotARule(_("This has been decided already."))
    return change


def _decide(change: LocalChange, state: LocalState, by_id: int, why: str) -> None:
    change.state, change.decided_by_id, change.decided_at, change.decided_why = state, by_id, timezone.now(), why
    change.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])
