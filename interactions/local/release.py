"""The release that the clinic's own changes make together, and what becomes of it when the knowledge around changes."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from interactions import library, releases, tiers
from interactions.errors import CasesFailed
from interactions.local import cases
from interactions.local.cases import Tried
from interactions.models import (
    DrugSet,
    LocalChange,
    LocalState,
    Release,
    ReleaseDrug,
    ReleaseKind,
    ReleaseStatus,
    Rule,
    TableRow,
)


@dataclass(frozen=True)
class Outcome:
    release: Release | None
    """The release that was switched, or the clinic's own; None where the clinic changes nothing."""
    suspended: tuple[LocalChange, ...] = ()
    """Changes whose own cases fail now: out of use until a person mends or ends them."""


@transaction.atomic
def put_into_use(release_id: int, by_id: int | None, day: date) -> Outcome:
    """Activates a release; a local change whose cases fail beside it is suspended in the same moment. Twice is once."""
    with releases.rescreened(by_id):
        release = releases.switch_on(release_id, by_id)
        return Outcome(release, _refresh(day, by_id).suspended)


@transaction.atomic
def take_out_of_use(release_id: int, by_id: int | None, day: date) -> Outcome:
    """Retires a release; a local change whose cases fail without it is suspended in the same moment. Twice is once."""
    with releases.rescreened(by_id):
        release = releases.switch_off(release_id)
        return Outcome(release, _refresh(day, by_id).suspended)


@transaction.atomic
def refresh(day: date, *, by_id: int | None) -> Outcome:
    """The release of what holds on `day`, in use; the clock asks again and again. What fails its cases is suspended."""
    with releases.rescreened(by_id):
        return _refresh(day, by_id)


@transaction.atomic
def admit(change: LocalChange, *, by_id: int, day: date) -> Release | None:
    """Takes an approved change into use. CasesFailed, which leaves everything as it was, while a case of it or of any
    other local change would fail; None where it begins to hold on a later day."""
    holding = _holding(day)
    failing = _failing(holding if change in holding else [*holding, change], day)
    if failing:
        raise CasesFailed([said for faults in failing.values() for said in faults])
    with releases.rescreened(by_id):
        _put(holding, day, by_id)
    return Release.objects.filter(source=tiers.LOCAL, status=ReleaseStatus.ACTIVE).first()


def failing_beside(release_ids: Sequence[int]) -> dict[int, list[str]]:
    """Local changes in use whose cases would fail with these releases: number -> what is wrong. Nothing is written."""
    in_use = LocalChange.objects.filter(state=LocalState.APPROVED, becomes="").order_by("id")
    holding = [one for one in in_use if _holds(one, timezone.localdate())]
    if not holding:
        return {}
    knowledge = library.knowledge_of(release_ids)
    tried = {one.pk: [cases.tried(case, knowledge).fault for case in one.cases] for one in holding}
    return {number: faults for number, told in tried.items() if (faults := [fault for fault in told if fault])}


@transaction.atomic
def try_out(change: LocalChange, day: date) -> list[Tried]:
    """What its cases come to if it held today beside everything else; nothing is kept. A switch has none."""
    if change.becomes:
        return []
    holding = [one for one in _holding(day) if one.pk != change.pk]
    with transaction.atomic():
        knowledge = library.knowledge_of(releases.would_be(_of([*holding, change], day).pk, active=True))
        transaction.set_rollback(True)
    return [cases.tried(case, knowledge) for case in change.cases]


def _refresh(day: date, by_id: int | None) -> Outcome:
    holding, suspended = _holding(day), []
    while failing := _failing(holding, day):
        for change in holding:
            if change.pk in failing:
                _suspend(change, failing[change.pk])
                suspended.append(change)
        holding = [one for one in holding if one.pk not in failing]
    return Outcome(_put(holding, day, by_id), tuple(suspended))


def _holding(day: date) -> list[LocalChange]:
    """What holds on the day, locked: two people who change the knowledge at once wait for each other."""
    approved = LocalChange.objects.select_for_update().filter(state=LocalState.APPROVED, becomes="").order_by("id")
    return [one for one in approved if _holds(one, day)]


def _holds(change: LocalChange, day: date) -> bool:
    return change.valid_from <= day and (change.valid_until is None or day <= change.valid_until)


def _suspend(change: LocalChange, faults: Sequence[str]) -> None:
    change.state, change.decided_why, change.decided_at = LocalState.SUSPENDED, " ".join(faults), timezone.now()
    change.save(update_fields=["state", "decided_why", "decided_at"])


def _put(holding: Sequence[LocalChange], day: date, by_id: int | None) -> Release | None:
    if holding:
        return releases.switch_on(_of(holding, day).pk, by_id)
    active = Release.objects.filter(source=tiers.LOCAL, status=ReleaseStatus.ACTIVE).first()
    if active is not None:
        releases.switch_off(active.pk)
    return None


def _failing(changes: Sequence[LocalChange], day: date) -> dict[int, list[str]]:
    """The changes whose cases would fail if these held: number -> what is wrong. Nothing is kept."""
    if not changes:
        return {}
    with transaction.atomic():
        knowledge = library.knowledge_of(releases.would_be(_of(changes, day).pk, active=True))
        transaction.set_rollback(True)
    tried = {one.pk: [cases.tried(case, knowledge).fault for case in one.cases] for one in changes}
    return {number: faults for number, told in tried.items() if (faults := [fault for fault in told if fault])}


def _of(changes: Sequence[LocalChange], day: date) -> Release:
    """The release of these changes; the same contents are one release."""
    sets, drugs = _named(changes)
    contents = {f"change {one.pk}": hashlib.sha256(_text(one).encode()).hexdigest() for one in changes}
    named = json.dumps([sets, [[row.name, row.rxcui, row.details] for row in drugs]], sort_keys=True)
    contents["names"] = hashlib.sha256(named.encode()).hexdigest()
    release = releases.known(contents)
    if release is not None:
        return release
    added = [one for one in changes if one.adds_rule]
    release = Release.objects.create(
        source=tiers.LOCAL,
        version=str(Release.objects.filter(source=tiers.LOCAL).count() + 1),
        released_on=day,
        kind=ReleaseKind.RULES,
        sha256=releases.content_sha256(contents),
        files=contents,
        counts={"changes": len(changes), "rules": len(added)},
        imported_at=timezone.now(),
    )
    DrugSet.objects.bulk_create(DrugSet(release=release, name=name, members=sets[name]) for name in sets)
    for row in drugs:
        row.release = release
    ReleaseDrug.objects.bulk_create(drugs)
    Rule.objects.bulk_create(_rule(release, one) for one in added)
    TableRow.objects.bulk_create(
        TableRow(release=release, table=tiers.TIERS, number=number, cells=_cells(one))
        for number, one in enumerate(one for one in changes if not one.adds_rule)
    )
    return release


def _text(change: LocalChange) -> str:
    columns = ("a", "b", "of_source", "of_rule", "of_code", "adds_rule", "severity", "problem", "mechanism", "effect",
               "management", "reason", "citation")  # fmt: skip
    return json.dumps([change.pk, *(getattr(change, name) for name in columns)])


def _named(changes: Sequence[LocalChange]) -> tuple[dict[str, list[str]], list[ReleaseDrug]]:
    """The classes and drugs that added rules speak of, as the rules in use know them."""
    known = library.current()
    sides = {side for one in changes if one.adds_rule for side in (one.a, one.b)}
    names = sorted(side.removeprefix("set:") for side in sides if side.startswith("set:"))
    sets = {name: sorted(known.sets.get(name, ())) for name in names}
    keys = {side for side in sides if not side.startswith("set:")} | {key for of in sets.values() for key in of}
    rows = ReleaseDrug.objects.filter(
        release__status=ReleaseStatus.ACTIVE, release__kind=ReleaseKind.RULES, name__in=keys
    ).exclude(release__source=tiers.LOCAL)
    found = {row.name: row for row in rows.order_by("release__source")}
    drugs = [
        ReleaseDrug(
            number=number, name=name, rxcui=found[name].rxcui, details={**_details(found[name]), "in_rules": True}
        )
        for number, name in enumerate(sorted(found))
    ]
    return sets, drugs


def _details(row: ReleaseDrug) -> dict[str, Any]:
    return dict(row.details)


def _rule(release: Release, change: LocalChange) -> Rule:
    return Rule(
        release=release,
        rule_id=f"LOCAL-{change.pk}",
        a=change.a,
        b=change.b,
        severity=change.severity,
        mechanism_type="PD",
        problem=change.problem or "local_rule",
        mechanism=change.mechanism,
        effect=change.effect,
        management=change.management,
        source=f"{change.reason}{' ' if change.citation else ''}{change.citation}",
        confidence="local",
    )


def _cells(change: LocalChange) -> dict[str, str]:
    return {
        "a": change.a,
        "b": change.b,
        "of": change.of_source,
        "rule": change.of_rule,
        "code": change.of_code,
        "severity": change.severity,
        "reason": f"{change.reason} {change.citation}".strip(),
        "change": str(change.pk),
    }
