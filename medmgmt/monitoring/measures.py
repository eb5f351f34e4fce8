"""What a finding asks to be measured for one patient: the last result of each, and whether it is ordered."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet
from django.utils import timezone

from interactions import library
from interactions.engine.card_tables import CardTables, Monitoring
from interactions.models import Finding
from medmgmt.record import access, part2
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import MonitoringOrder, Observation, Patient, User
from medmgmt.regimen import lexicon
from refills.models import Task, TaskState
from refills.worklist import kinds

VISIT = "visit"


@dataclass(frozen=True)
class Measure:
    """One thing to measure because of a card."""

    finding_id: int
    """The finding on whose card it is ordered."""
    wanted: Monitoring
    last: Observation | None
    order: MonitoringOrder | None
    """The order that waits to be done, if there is one."""
    due_on: date
    is_recent: bool
    """The last result still serves as the baseline; one out of the usual range never does."""
    is_out_of_range: bool = False
    """Whether the last result lies out of the usual range, however old it is."""

    @property
    def comes_too_late(self) -> bool:
        """Ordered, but for a later day than this card asks for."""
        return self.order is not None and self.order.due_on > self.due_on


@dataclass(frozen=True)
class CardMeasures:
    """What the card of one finding asks for."""

    patient: Patient
    finding: Finding
    measures: list[Measure]


def key_of(order_id: int) -> str:
    """The task of an order."""
    return kinds.MONITORING_ORDER.key_of(order_id)


def closes_on(code: str) -> str:
    """What alone makes the task of an order done; empty where the record has no such observation, so that words do."""
    if code == VISIT:
        return VISIT
    return lexicon.evidence_of(code) if code in library.observed_at_hand().by_code else ""


def of_findings(
    patient: Patient, findings: Sequence[Finding], tables: CardTables, hides: part2.Mask
) -> dict[int, list[Measure]]:
    """By number of the finding: what its whole card asks for, with the last results that are not hidden. Three
    queries, none where nothing is asked."""
    by_card: dict[object, dict[str, Monitoring]] = {}
    for finding in findings:
        card = by_card.setdefault(finding.card or finding.pk, {})
        for wanted in tables.wanted(finding.problem, finding.drugs):
            card.setdefault(wanted.code, wanted)
    codes = {code for card in by_card.values() for code in card}
    if not codes:
        return {}
    last, waiting = last_results(patient.pk, codes, hides), open_orders(seen_orders(patient, hides), codes)
    return {
        finding.pk: [
            _measure(patient, finding.pk, wanted, last.get(wanted.code), waiting.get(wanted.code), tables)
            for wanted in by_card[finding.card or finding.pk].values()
        ]
        for finding in findings
    }


def _measure(
    patient: Patient,
    finding_id: int,
    wanted: Monitoring,
    last: Observation | None,
    order: MonitoringOrder | None,
    tables: CardTables,
) -> Measure:
    today = patient.today(timezone.now())
    age = None if last is None else (today - patient.today(last.observed_at)).days
    due_on = date.fromordinal(today.toordinal() + wanted.due_days)
    usual = tables.ranges.get(wanted.code)
    is_out = usual is not None and last is not None and last.value is not None and not usual.holds(last.value)
    is_recent = age is not None and age <= wanted.recent_days and not is_out
    return Measure(finding_id, wanted, last, order, due_on, is_recent, is_out)


def last_results(patient_id: int, codes: Iterable[str], hides: part2.Mask) -> dict[str, Observation]:
    """The newest observation of each code that is not hidden; one query."""
    found: dict[str, Observation] = {}
    rows = Observation.current(patient_id).filter(code__in=list(codes)).exclude(pk__in=hides.of(Observation))
    for one in rows.order_by("-observed_at", "-id"):
        found.setdefault(one.code, one)
    return found


def seen_orders(patient: Patient, hides: part2.Mask) -> QuerySet[MonitoringOrder]:
    """The orders of a patient that are not hidden."""
    return MonitoringOrder.objects.filter(patient=patient).exclude(pk__in=hides.of(MonitoringOrder))


def open_orders(of: QuerySet[MonitoringOrder], codes: Iterable[str]) -> Mapping[str, MonitoringOrder]:
    """By code the one of these orders of a patient that stands: neither another has taken its place, nor a result
    fulfilled it, nor anybody given it up.

    Its task says so: it is done by the result it waits for. Two queries.
    """
    orders = of.filter(code__in=list(codes), replaced_by__isnull=True)
    newest = {one.code: one for one in orders.select_related("ordered_by").order_by("id")}
    keys = {key_of(one.pk): one.code for one in newest.values()}
    closed = Task.objects.filter(key__in=keys, state__in=(TaskState.DONE, TaskState.CANCELLED))
    for key in closed.values_list("key", flat=True):
        del newest[keys[key]]
    return newest


def of_card(by: User, finding_id: int) -> CardMeasures:
    """For staff of the patient's team; a fixed number of queries."""
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    patient = access.patient_for(by, "view_chart", finding.review.patient_id if finding else 0)
    assert finding is not None
    hides = part2.mask(by, patient.pk)
    if hides.is_masked(finding):
        raise NoSuchThing
    same = Finding.objects.filter(review=finding.review_id, card=finding.card).exclude(pk=finding.pk)
    every = [finding, *(same if finding.card else [])]
    found = of_findings(patient, every, library.current().formulary.cards, hides)
    return CardMeasures(patient, finding, found.get(finding.pk, []))


def of_patient(by: User, patient_id: int) -> QuerySet[MonitoringOrder]:
    """Every order of the patient, the newest first, also those that another took the place of."""
    patient = access.patient_for(by, "view_chart", patient_id)
    keys = Finding.objects.filter(review__patient=patient, key__in=patient.monitoring_orders.values("finding_key"))
    hides = part2.mask(by, patient.pk)
    masked = {one.key for one in keys if hides.is_masked(one)} if hides else set()
    found = seen_orders(patient, hides).exclude(finding_key__in=masked)
    return found.select_related("replaced_by").order_by("-id")
