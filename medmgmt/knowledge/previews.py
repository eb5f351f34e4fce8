"""What would change, and for whom, if a release were put into use or out of it; nothing is written but the audit."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.db.models import Count
from django.utils import timezone

from interactions import changes, current, library, releases, rescreening
from interactions.engine.check import check
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Regimen
from interactions.engine.severity import Severity
from interactions.local import release as local_release
from interactions.models import CurrentDrug, Release, Rule, TableRow
from medmgmt.record import access, audit
from medmgmt.record.models import User
from medmgmt.regimen import courses as regimen_courses
from refills import site

MOST_JUDGED = 200
"""So many of the patients concerned are judged under both; of more, the number of alerts is an estimate."""


@dataclass(frozen=True)
class Preview:
    """The difference that a release would make."""

    counts: dict[str, int]
    """rules_added, rules_removed, rules_regraded, rules_reworded, and the same of pairs; drugs."""
    rules: list[dict[str, str]]
    """The rules that differ, the first two hundred: source, rule, what, a, b, before, after."""
    patients: int
    """Who would be looked at again."""
    orders: int
    """Medicines that are taken now."""
    judged: int
    new_alerts: int
    """Findings of major severity or above that nothing says now; an estimate where not everybody was judged."""
    gone_alerts: int
    is_estimate: bool
    needs_second: bool = False
    """Whether it can only be proposed, by a pharmacist, for a second person to approve."""
    suspended: list[dict[str, object]] = field(default_factory=list)
    """Local changes whose own cases would fail: `change`, its number, and `why`."""

    @property
    def new_alerts_per_100_orders(self) -> float:
        """For every hundred medicines that are taken now."""
        return round(100 * self.new_alerts / self.orders, 2) if self.orders else 0.0


def preview_of(by: User, release_id: int, *, active: bool) -> Preview:
    """What activating the release, or retiring it, would change. A number of queries that does not grow."""
    access.require(by, "activate_release")
    after = releases.would_be(release_id, active=active)
    before = [release.pk for release in releases.active()]
    today = timezone.localdate()
    found = changes.between(before, after)
    concern = rescreening.concerned(found, before, after)
    touched = [] if found.is_empty() else sorted(rescreening.patients(concern, today))
    sample = touched[:: -(-len(touched) // MOST_JUDGED)] if touched else []
    new, gone = alerts(by, sample, library.knowledge_of(before), library.knowledge_of(after))
    scale = len(touched) / len(sample) if sample else 1
    audit.record(by, "preview_release", obj=("release", release_id), detail={"patients": len(touched)})
    return Preview(
        counts={name: count for name, count in sorted(found.counts.items()) if count},
        rules=found.rules,
        patients=len(touched),
        orders=current.orders(today),
        judged=len(sample),
        new_alerts=round(new * scale),
        gone_alerts=round(gone * scale),
        is_estimate=len(sample) < len(touched),
        needs_second=is_mass_change(release_id) if active else is_in_use(release_id),
        suspended=[
            {"change": number, "why": " ".join(faults)}
            for number, faults in sorted(local_release.failing_beside(after).items())
        ],
    )


def is_mass_change(release_id: int) -> bool:
    """Whether the release would take away or regrade so much of the one whose place it takes that a second person must
    agree, alone or with what single persons have switched lately. One that takes nobody's place only adds. A number of
    queries that does not grow."""
    after, before = releases.would_be(release_id, active=True), [one.pk for one in releases.active()]
    if set(before) <= set(after):
        return False
    at_first = releases.first_since(timezone.now() - timedelta(hours=site.whole("mass_change_hours")))
    return takes_much(before, after) or (at_first != sorted(before) and takes_much(at_first, after))


def takes_much(before: Collection[int], after: Collection[int]) -> bool:
    """Whether so much is gone or regraded between these releases, or so many patients are concerned."""
    gone = set(before) - set(after)
    if not gone:
        return False
    found = changes.between(before, after)
    rows, fewer = rows_of(gone), rows_of(gone) - rows_of(set(after) - set(before))
    lost = {"rules": taken_away(found, "rules"), "pairs": taken_away(found, "pairs"), **fewer}
    whole = {"rules": Rule.objects.filter(release__in=gone).count(), "pairs": pairs_of(gone), **rows}
    if sum(lost.values()) < site.whole("mass_change_rows"):
        return False
    concern = rescreening.concerned(found, before, after)
    touched = len(list(rescreening.patients(concern, timezone.localdate())))
    everybody = CurrentDrug.objects.values("patient").distinct().count()
    share = site.whole("mass_change_percent")
    is_much = any(100 * count > share * whole[name] for name, count in lost.items())
    return is_much or 100 * touched > share * everybody


def taken_away(found: changes.Changes, of: str) -> int:
    """How many rules, or pairs, are gone or have another grade."""
    return found.counts[f"{of}_removed"] + found.counts[f"{of}_regraded"]


def is_in_use(release_id: int) -> bool:
    """Whether reviews use the release now."""
    return any(one.pk == release_id for one in releases.active())


def rows_of(release_ids: Collection[int]) -> Counter[str]:
    """How many rows each further table of these releases has."""
    rows = TableRow.objects.filter(release__in=release_ids).values_list("table").annotate(count=Count("pk"))
    return Counter(dict(rows))


def pairs_of(release_ids: Collection[int]) -> int:
    """How many graded pairs these releases hold, by their own count."""
    counts = Release.objects.filter(pk__in=release_ids).values_list("counts", flat=True)
    return sum(int(one.get("pairs", 0)) for one in counts)


def alerts(by: User, patient_ids: Sequence[int], before: Knowledge, after: Knowledge) -> tuple[int, int]:
    """How many serious findings of these patients would be new, and how many would go."""
    now = timezone.now()
    courses = regimen_courses.of_patients(patient_ids)
    new = gone = 0
    for person in regimen_courses.people(access.patients_counted(by, patient_ids), before):
        patient = person.record.patient
        known, day = courses[patient.pk], patient.today(now)
        was = serious(regimen_courses.planned(person, known, day), before)
        will_be = serious(regimen_courses.planned(replace(person, knowledge=after), known, day), after)
        new += len(will_be - was)
        gone += len(was - will_be)
    return new, gone


def serious(regimens: Sequence[Regimen], knowledge: Knowledge) -> set[str]:
    """The keys of what would stop a signature on any of these days."""
    found = (finding for regimen in regimens for finding in check(regimen, knowledge).findings)
    return {finding.key for finding in found if finding.severity >= Severity.MAJOR}
