"""The clinic's own rules and grades: proposed with cases, tried on those cases, and made a release of their own."""

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, releases, tiers
from interactions.engine import cases
from interactions.engine.knowledge import Knowledge
from interactions.errors import CasesFailed, NoSuchLocalChange, NotARule
from interactions.models import (
    DrugSet,
    LocalChange,
    LocalState,
    Release,
    ReleaseDrug,
    ReleaseKind,
    ReleaseStatus,
    Rule,
    Severity,
    TableRow,
)

SIMPLE = re.compile(r"\s*(.+?)\s*\+\s*(.+?)\s*=>\s*(\w+)\s*")
"""The short form of a case: "lithium 900 mg + ibuprofen => major"; "none" for silence."""
DOSED = re.compile(r"(.+?)\s+(\d+(?:\.\d+)?)\s*mg", re.IGNORECASE)
SEVERITIES = {*Severity.values, "none"}
MOST_CASES = 50
LONGEST_LINE = 500


def told(lines: Sequence[object], day: date) -> list[dict[str, Any]]:
    """Cases in the case format, from that format or from short lines; NotARule where one cannot be read."""
    return [_case(number, line, day) for number, line in enumerate(lines, start=1)]


def _case(number: int, line: object, day: date) -> dict[str, Any]:
    if isinstance(line, dict):
        expect = line.get("expect")
        if not isinstance(expect, dict) or str(expect.get("severity")) not in SEVERITIES:
            raise NotARule(_("Case %(number)d does not say which severity it expects.") % {"number": number})
        return {"id": str(number), "as_of": day.isoformat(), **line}
    match = SIMPLE.fullmatch(line) if isinstance(line, str) and len(line) <= LONGEST_LINE else None
    if match is None or match[3] not in SEVERITIES:
        raise NotARule(_("Case %(number)d is not of the form: a + b => severity.") % {"number": number})
    assert isinstance(line, str)
    drugs = [_dosed(match[1]), _dosed(match[2])]
    expect = {"drugs": [drug["drug"] for drug in drugs], "severity": match[3]}
    return {"id": str(number), "as_of": day.isoformat(), "current_meds": drugs, "told": line.strip(), "expect": expect}


def _dosed(text: str) -> dict[str, Any]:
    match = DOSED.fullmatch(text)
    return {"drug": match[1], "total_daily_mg": match[2]} if match else {"drug": text}


def require_sound(change: LocalChange) -> None:
    """NotARule where the drugs, classes, rule or grade are none, or no case says what should come of it."""
    known = library.current()
    if change.of_rule:
        if not Rule.objects.filter(
            release__status=ReleaseStatus.ACTIVE, release__source=change.of_source, rule_id=change.of_rule
        ).exists():
            raise NotARule(_("No rule in use has this number."))
    else:
        for side in (change.a, change.b):
            if side.removeprefix("set:") not in (known.sets if side.startswith("set:") else known.catalogue.drugs):
                raise NotARule(_("No drug and no class in use is called %(name)s.") % {"name": side or "–"})
    if change.severity not in Severity.values and (change.severity or change.adds_rule or change.of_rule):
        raise NotARule(_("Choose a severity."))
    if not change.reason.strip():
        raise NotARule(_("Say why."))
    if not 0 < len(change.cases) <= MOST_CASES:
        raise NotARule(_("Give at least one case that shows what should come of it."))
    for case in change.cases:
        try:
            fault(case, known)
        except (ArithmeticError, AttributeError, KeyError, TypeError, ValueError) as unread:
            raise NotARule(_("Case %(case)s cannot be read.") % {"case": str(case["id"])[:40]}) from unread


@transaction.atomic
def approve(change_id: int, by_id: int, day: date) -> Release | None:
    """Puts a proposed change into use if its cases, and those of every other local rule, come out as they should.

    Never by its author. CasesFailed leaves everything as it was. None where it begins to hold on a later day.
    """
    change = _proposed(change_id)
    if change.author_id == by_id:
        raise NotARule(_("A second person must approve it, not its author."))
    _decide(change, LocalState.APPROVED, by_id, "")
    return refresh(day, by_id=by_id, trying=change)


@transaction.atomic
def reject(change_id: int, by_id: int, why: str) -> LocalChange:
    """It never comes into use."""
    change = _proposed(change_id)
    _decide(change, LocalState.REJECTED, by_id, why)
    return change


@transaction.atomic
def end(change_id: int, by_id: int, why: str, day: date) -> LocalChange:
    """It holds no longer, from now on."""
    change = LocalChange.objects.select_for_update().filter(pk=change_id, state=LocalState.APPROVED).first()
    if change is None:
        raise NoSuchLocalChange()
    change.state, change.decided_why = LocalState.ENDED, why
    change.save(update_fields=["state", "decided_why"])
    refresh(day, by_id=by_id)
    return change


def _proposed(change_id: int) -> LocalChange:
    change = LocalChange.objects.select_for_update().filter(pk=change_id).first()
    if change is None:
        raise NoSuchLocalChange()
    if change.state != LocalState.PROPOSED:
        raise NotARule(_("This has been decided already."))
    return change


def _decide(change: LocalChange, state: LocalState, by_id: int, why: str) -> None:
    change.state, change.decided_by_id, change.decided_at, change.decided_why = state, by_id, timezone.now(), why
    change.save(update_fields=["state", "decided_by", "decided_at", "decided_why"])


@transaction.atomic
def refresh(day: date, *, by_id: int | None, trying: LocalChange | None = None) -> Release | None:
    """The release of what holds on `day`, in use; the clock asks again and again. The same contents are one release."""
    holding = [one for one in LocalChange.objects.filter(state=LocalState.APPROVED).order_by("id") if _holds(one, day)]
    if trying is not None and trying not in holding:
        _try_out([*holding, trying], day)
    active = Release.objects.filter(source=tiers.LOCAL, status=ReleaseStatus.ACTIVE).first()
    if not holding:
        if active is not None:
            releases.retire(active.pk, by_id)
        return None
    release = releases.known(_contents(holding)) or _made(holding, day)
    if active == release:
        return release
    _require_cases(holding, releases.would_be(release.pk, active=True))
    return releases.activate(release.pk, by_id)


def _try_out(changes: Sequence[LocalChange], day: date) -> None:
    """Runs the cases as if these held, and undoes it."""
    with transaction.atomic():
        _require_cases(changes, releases.would_be(_made(changes, day).pk, active=True))
        transaction.set_rollback(True)


def _contents(changes: Sequence[LocalChange]) -> dict[str, str]:
    return {f"change {one.pk}": hashlib.sha256(_text(one).encode()).hexdigest() for one in changes}


def _holds(change: LocalChange, day: date) -> bool:
    return change.valid_from <= day and (change.valid_until is None or day <= change.valid_until)


def _text(change: LocalChange) -> str:
    columns = ("a", "b", "of_source", "of_rule", "adds_rule", "severity", "problem", "mechanism", "effect",
               "management", "reason", "citation")  # fmt: skip
    return json.dumps([change.pk, *(getattr(change, name) for name in columns)])


def _made(holding: Sequence[LocalChange], day: date) -> Release:
    """A new release of these changes with the drugs and classes they speak of."""
    contents = _contents(holding)
    known, version = library.current(), Release.objects.filter(source=tiers.LOCAL).count() + 1
    release = Release.objects.create(
        source=tiers.LOCAL,
        version=str(version),
        released_on=day,
        kind=ReleaseKind.RULES,
        sha256=releases.content_sha256(contents),
        files=contents,
        counts={"changes": len(holding), "rules": sum(one.adds_rule for one in holding)},
        imported_at=timezone.now(),
    )
    added = [one for one in holding if one.adds_rule]
    sides = {side for one in added for side in (one.a, one.b)}
    sets = {side.removeprefix("set:") for side in sides if side.startswith("set:")}
    DrugSet.objects.bulk_create(
        DrugSet(release=release, name=name, members=sorted(known.sets.get(name, ()))) for name in sorted(sets)
    )
    keys = {side for side in sides if not side.startswith("set:")}
    keys |= {key for name in sets for key in known.sets.get(name, ())}
    ReleaseDrug.objects.bulk_create(_drugs(release, keys))
    Rule.objects.bulk_create(_rule(release, one) for one in added)
    TableRow.objects.bulk_create(
        TableRow(release=release, table=tiers.TIERS, number=number, cells=_cells(one))
        for number, one in enumerate(one for one in holding if not one.adds_rule)
    )
    return release


def _drugs(release: Release, keys: set[str]) -> list[ReleaseDrug]:
    """The drugs as the rules in use know them."""
    rows = ReleaseDrug.objects.filter(
        release__status=ReleaseStatus.ACTIVE, release__kind=ReleaseKind.RULES, name__in=keys
    ).exclude(release__source=tiers.LOCAL)
    known = {row.name: row for row in rows}
    return [
        ReleaseDrug(
            release=release,
            number=number,
            name=name,
            rxcui=known[name].rxcui,
            details={**known[name].details, "in_rules": True},
        )
        for number, name in enumerate(sorted(known))
    ]


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
        "severity": change.severity,
        "reason": f"{change.reason} {change.citation}".strip(),
        "change": str(change.pk),
    }


def _require_cases(changes: Sequence[LocalChange], release_ids: Sequence[int]) -> None:
    """CasesFailed with every case that does not come out as it should."""
    knowledge = library.of(release_ids)
    failed = [said for change in changes for case in change.cases if (said := fault(case, knowledge))]
    if failed:
        raise CasesFailed(failed)


def fault(case: dict[str, Any], knowledge: Knowledge) -> str:
    """What is wrong with the outcome of one case, in a sentence; empty when it is as expected."""
    answer = cases.review({key: value for key, value in case.items() if key not in ("expect", "told")}, knowledge)
    expect = case["expect"]
    wanted = {_key(str(name), knowledge) for name in expect.get("drugs") or ()}
    found = [one["severity"] for one in answer["findings"] if wanted <= set(one["drugs"])]
    worst = max(found, key=Severity.values.index, default="none")
    if worst == expect["severity"]:
        return ""
    return _("Case %(case)s: expected %(expected)s, found %(found)s.") % {
        "case": case.get("told") or case["id"],
        "expected": expect["severity"],
        "found": worst,
    }


def _key(name: str, knowledge: Knowledge) -> str:
    entry = knowledge.catalogue.resolve(name)
    return entry.name if entry else name
