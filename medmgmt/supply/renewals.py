"""The bridge to renewals: everything that a prescriber looks at before one, for one prescription or for a queue.

A queue costs the same number of queries however long it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions import review as reviews
from interactions.engine.care_tables import CareTables
from interactions.engine.knowledge import Knowledge
from interactions.models import Finding
from medmgmt.monitoring import due, gates
from medmgmt.monitoring.due import Due
from medmgmt.monitoring.gates import GateStanding
from medmgmt.record import dosing, part2
from medmgmt.record.models import Patient, Prescription, SideEffectReport
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import adherence as supply_adherence
from medmgmt.supply import authorisations, stock
from medmgmt.supply import limits as supply_limits
from medmgmt.supply.adherence import Adherence
from medmgmt.supply.authorisations import Line
from refills import site
from refills.errors import sentence
from refills.models import (
    Authorisation,
    Dispense,
    GateRelease,
    RenewalAnswer,
    RenewalDecision,
    SupplyLimit,
    Taken,
    Task,
    TaskKind,
)
from refills.supply import controlled
from refills.supply.adherence import Share
from refills.supply.controlled import Refusal
from refills.supply.dispensing import Earliest
from refills.supply.rules import CONTROLLED

REQUESTS = (TaskKind.REFILL_REQUEST, TaskKind.RENEWAL)
USUAL_UNIT = "{tablet}"
BAD = ("severe", "life_threatening")
GONE = ("recovered", "recovered_with_sequelae")
HOLDS = ("lab_gate", "risk")
"""What holds a renewal up also where it rests on what is hidden."""


@dataclass(frozen=True)
class Proposed:
    """What a renewal would write: prefilled from what was written or filled last, within every rule that holds."""

    quantity: Decimal | None
    unit: str
    days_supply: int
    refills: int
    may_fill_from: date | None


@dataclass(frozen=True)
class Obstacle:
    """Why a renewal needs a look of its own: a word that can be counted, and a sentence."""

    code: str
    words: str


@dataclass(frozen=True)
class Renewal:
    """One prescription with all that matters before it is renewed."""

    patient: Patient
    prescription: Prescription
    course: Course
    today: date
    dose: dosing.Dose
    line: str
    adherence: Adherence
    last_fill: Dispense | None
    runs_out_on: date | None
    earliest: Earliest | None
    lines: tuple[Line, ...]
    gate: GateStanding | None
    labs: tuple[Due, ...]
    side_effects: tuple[SideEffectReport, ...]
    findings: tuple[Finding, ...]
    open_findings: tuple[Finding, ...]
    not_checked: bool
    scope: str
    schedule: str
    limit: SupplyLimit | None
    at_risk: bool
    refusals: tuple[Refusal, ...]
    proposed: Proposed
    requests: tuple[Task, ...]
    decisions: tuple[RenewalDecision, ...]
    obstacles: tuple[Obstacle, ...] = field(default=())

    @property
    def fills_left(self) -> int:
        """Fills that may still be had on everything written."""
        return sum(line.fills_left for line in self.lines)

    @property
    def verdict(self) -> list[str]:
        """What the rules say of writing it today, a sentence each; empty where nothing stands in the way."""
        return [sentence(one) for one in self.refusals]

    @property
    def is_plain(self) -> bool:
        """May it be signed together with others?"""
        return not self.obstacles

    @property
    def asked_on(self) -> date | None:
        """When the patient, or the clock, asked for it."""
        return min((self.patient.today(task.created_at) for task in self.requests), default=None)

    @property
    def overdue_labs(self) -> list[Due]:
        """Labs of this medicine that are overdue."""
        return [one for one in self.labs if one.overdue]


@dataclass(frozen=True)
class Record:
    """Everything fetched for some prescriptions, each table once."""

    people: Mapping[int, regimen_courses.Person]
    courses: Mapping[int, Sequence[Course]]
    releases: Mapping[int, Sequence[GateRelease]]
    limits: Mapping[int, Sequence[SupplyLimit]]
    side_effects: Mapping[int, Sequence[SideEffectReport]]
    requests: Mapping[int, Sequence[Task]]
    decisions: Mapping[int, Sequence[RenewalDecision]]


def record_of(patients: Sequence[Patient], prescription_ids: Collection[int], knowledge: Knowledge) -> Record:
    """About fifteen queries, however many patients and prescriptions there are."""
    ids = [patient.pk for patient in patients]
    people = regimen_courses.people(patients, knowledge)
    releases = GateRelease.objects.filter(prescription_id__in=prescription_ids).select_related("released_by")
    reports = SideEffectReport.objects.filter(patient_id__in=ids, corrected_by__isnull=True)
    names = [str(number) for number in prescription_ids]
    tasks = Task.objects.filter(source_type="prescription", source_id__in=names, kind__in=REQUESTS, closed_at=None)
    decided = RenewalDecision.objects.filter(prescription_id__in=prescription_ids).order_by("-decided_at", "-id")
    return Record(
        people={patient.pk: person for patient, person in zip(patients, people, strict=True)},
        courses=regimen_courses.of_patients(ids, *regimen_courses.EVERYTHING),
        releases=grouped(releases, "prescription_id"),
        limits=grouped(supply_limits.of_patient(ids), "patient_id"),
        side_effects=grouped(reports.order_by("-began_on", "-id"), "patient_id"),
        requests=grouped(tasks.order_by("created_at"), "source_id"),
        decisions=grouped(decided.select_related("decided_by", "authorisation"), "prescription_id"),
    )


def grouped(rows: Iterable[object], name: str) -> dict[int, list]:  # type: ignore[type-arg]  # rows of any table
    """Rows put together by a number they carry, in the order given."""
    found: dict[int, list[object]] = {}
    for row in rows:
        found.setdefault(int(getattr(row, name)), []).append(row)
    return found


def of_many(prescriptions: Sequence[Prescription], masks: Mapping[int, part2.Mask]) -> list[Renewal]:
    """Each with its findings of today and what stands in the way of signing it with others, in the order given; by
    patient what of their chart is hidden, which stops as it would but is not told."""
    held = library.loaded()
    patients = list({one.patient_id: one.patient for one in prescriptions}.values())
    record = record_of(patients, [one.pk for one in prescriptions], held.knowledge)
    drafts = {patient.pk: reviewed(held, record, patient) for patient in patients}
    wanted = {asked(patient, one) for patient, found in drafts.items() for one in stopping(found.findings)}
    unanswered = reviews.unanswered_keys(wanted) if wanted else set()
    found = []
    for one in prescriptions:
        course = next((c for c in record.courses[one.patient_id] if c.prescription.pk == one.pk), None)
        if course is not None:
            hides = masks.get(one.patient_id, part2.Mask())
            whole = renewal(one.patient, course, record, drafts[one.patient_id], unanswered, held.knowledge)
            if hides:
                shown = renewal(
                    one.patient, course, seen(record, hides), drafts[one.patient_id], unanswered, held.knowledge
                )
                whole = masked(whole, shown, hides)
            found.append(whole)
    return found


def renewal_of(prescription: Prescription, hides: part2.Mask) -> Renewal | None:
    """The same for one; None where nothing of it was ever signed."""
    return next(iter(of_many([prescription], {prescription.patient_id: hides})), None)


def reviewed(held: library.Loaded, record: Record, patient: Patient) -> reviews.Draft:
    """What a review of today's regimen finds; nothing is written."""
    person, known = record.people[patient.pk], record.courses[patient.pk]
    today = patient.today(timezone.now())
    after = [regimen_courses.at(person, known, today)]
    return reviews.draft(held, set(), after, patient_id=patient.pk, change_id=None, by_id=None, moment="screen")


def seen(record: Record, hides: part2.Mask) -> Record:
    """The same without what is hidden of the person."""

    def open_of(person: regimen_courses.Person) -> regimen_courses.Person:
        known = person.record
        return replace(
            person,
            record=replace(
                known,
                observations=tuple(hides.seen(known.observations)),
                conditions=tuple(hides.seen(known.conditions)),
                allergies=tuple(hides.seen(known.allergies)),
            ),
        )

    return replace(
        record,
        people={number: open_of(person) for number, person in record.people.items()},
        side_effects={number: hides.seen(rows) for number, rows in record.side_effects.items()},
    )


def masked(whole: Renewal, shown: Renewal, hides: part2.Mask) -> Renewal:
    """What is shown of it without what is hidden, with one finding in place of all that are masked; where the whole
    record has more against it, one sentence says whom to call."""
    gate = gates.masked(shown.gate, whole.gate, hides)
    codes = {one.code for one in shown.obstacles}
    more = [one for one in whole.obstacles if one.code in HOLDS and one.code not in codes]
    told = (Obstacle(part2.RESTRICTED, hides.sentence),) if more else ()
    return replace(
        shown,
        gate=gate,
        findings=tuple(hides.findings(shown.findings)),
        open_findings=tuple(hides.findings(shown.open_findings)),
        obstacles=(*shown.obstacles, *told),
    )


def stopping(findings: Iterable[Finding]) -> list[Finding]:
    """Those as severe as what stops a signature."""
    return [one for one in findings if one.severity in reviews.STOPS]


def asked(patient_id: int, finding: Finding) -> tuple[int, str, str]:
    """What an answer would have to speak for."""
    return patient_id, finding.key, finding.context


def renewal(
    patient: Patient,
    course: Course,
    record: Record,
    draft: reviews.Draft,
    unanswered: Collection[tuple[int, str, str]],
    knowledge: Knowledge,
) -> Renewal:
    """One prescription put together from what was fetched; no query."""
    prescription, steps, today = course.prescription, course.steps, patient.today(timezone.now())
    care, scopes = knowledge.formulary.care, regimen_scopes.scopes_of(prescription, knowledge)
    person = record.people[patient.pk].record
    dose = dosing.dose_on(today, steps)
    out_on = stock.run_out_on(course)
    gate = gates.standing(prescription, steps, today, scopes, known(care, record, patient, prescription))
    limit = supply_limits.in_force(record.limits.get(patient.pk, ()), prescription.pk, today)
    proposed = propose(course, today, limit, gate, scopes)
    mine = [one for one in draft.findings if str(prescription.pk) in [str(ref) for ref in one.prescriptions]]
    loud = [one for one in mine if one.severity not in reviews.FOLDED]
    shown = Renewal(
        patient=patient,
        prescription=prescription,
        course=course,
        today=today,
        dose=dose,
        line=dose.sig.text() if dose.sig else "",
        adherence=supply_adherence.of_course(care, course, today, scopes),
        last_fill=course.fills[-1] if course.fills else None,
        runs_out_on=out_on,
        earliest=authorisations.earliest(course, out_on, scopes),
        lines=tuple(authorisations.lines(course, today, scopes)),
        gate=gate,
        labs=tuple(due.of_course(care, steps, scopes, person.observations, patient.time_zone, today)),
        side_effects=tuple(active(record.side_effects.get(patient.pk, ()))),
        findings=tuple(loud),
        open_findings=tuple(one for one in stopping(mine) if asked(patient.pk, one) in unanswered),
        not_checked=regimen_courses.catalogue_entry(prescription, knowledge) is None,
        scope=draft.review.scope,
        schedule=authorisations.schedule_of(scopes),
        limit=limit,
        at_risk=supply_limits.suggested(care, scopes, person.conditions, person.observations, patient.time_zone, today)
        is not None,
        refusals=tuple(forbidden(proposed, course, today, scopes, gate, limit)),
        proposed=proposed,
        requests=tuple(record.requests.get(prescription.pk, ())),
        decisions=tuple(record.decisions.get(prescription.pk, ())),
    )
    return replace(shown, obstacles=tuple(obstacles(shown, scopes)))


def known(care: CareTables, record: Record, patient: Patient, prescription: Prescription) -> gates.Known:
    """What the gate of one prescription may ask for, of what was fetched."""
    person = record.people[patient.pk].record
    conditions = tuple(row.text for row in person.conditions if row.abated_on is None)
    releases = tuple(record.releases.get(prescription.pk, ()))
    return gates.Known(care, patient.time_zone, person.observations, conditions, releases)


def active(reports: Iterable[SideEffectReport]) -> list[SideEffectReport]:
    """Side effects that are not over."""
    return [one for one in reports if one.ended_on is None and one.outcome not in GONE]


def propose(
    course: Course,
    today: date,
    limit: SupplyLimit | None,
    gate: GateStanding | None,
    scopes: Collection[str],
) -> Proposed:
    """The last authorisation again, else the last fill; shorter where a limit, a lab or a rule asks for it."""
    numbers = site.supply_rules()
    last: Authorisation | Dispense | None = course.authorisations[-1] if course.authorisations else None
    last = last or (course.fills[-1] if course.fills else None)
    days = last.days_supply if last else site.whole("renewal_days_usual")
    unit = last.unit if last else USUAL_UNIT
    caps = [days, numbers.whole("renewal_days_max", scopes)]
    caps += [limit.most_days] if limit else []
    longest = numbers.find("days_supply_max", scopes)
    caps += [int(longest.value)] if longest else []
    if gate is not None and gate.reach is not None and gate.reach.days_with_grace > 0:
        caps.append(gate.reach.days_with_grace)
    least = max(1, min(caps))
    most = numbers.find("refills_max", scopes)
    refills = last.refills if isinstance(last, Authorisation) else 0
    quantity = authorisations.quantity_for(course, unit, least, today)
    if quantity is None and last is not None:
        quantity = last.quantity if least == last.days_supply else (last.quantity * least / last.days_supply)
        quantity = quantity.quantize(Decimal("0.001")).normalize()
    return Proposed(
        quantity=quantity if quantity is None else Decimal(f"{quantity:f}"),
        unit=unit,
        days_supply=least,
        refills=min(refills, int(most.value)) if most else refills,
        may_fill_from=None,
    )


def forbidden(
    proposed: Proposed,
    course: Course,
    today: date,
    scopes: Collection[str],
    gate: GateStanding | None,
    limit: SupplyLimit | None,
) -> list[Refusal]:
    """The rules' verdict on writing the proposed one today."""
    numbers = site.supply_rules()
    before = authorisations.parts(course.authorisations, today)
    part = controlled.Part("", proposed.days_supply, proposed.may_fill_from)
    found = controlled.authorisable(proposed.refills, [*before, part], numbers, scopes)
    if limit is not None and proposed.days_supply > limit.most_days:
        found.append(supply_limits.refusal(limit))
    if gate is not None and gate.pends:
        found.append(gate.refusal)
    clinic_only = controlled.is_for_clinic_only(numbers, scopes)
    return [*found, *([clinic_only] if clinic_only else [])]


def obstacles(one: Renewal, scopes: Collection[str]) -> list[Obstacle]:
    """Controlled, irregular, a finding that nobody answered, a lab that is due, a bad side effect, limited supply."""
    since = last_renewal(one)
    bad = [r for r in one.side_effects if r.severity in BAD]
    new = [r for r in bad if since is None or one.patient.today(r.reported_at) >= since]
    told = [
        (CONTROLLED in scopes, "controlled", _("A controlled drug (%(what)s).") % {"what": one.schedule}),
        (not one.dose.is_taken, "not_taken", _("It is not taken at present.")),
        *by_adherence(one, scopes),
        (bool(one.open_findings), "finding", _("A major finding of today's review has no answer.")),
        *by_word(one, scopes),
        (one.not_checked, "not_checked", _("It could not be checked for interactions.")),
        (bool(one.overdue_labs), "labs", _("Overdue: %(what)s.") % {"what": listed(one.overdue_labs)}),
        (one.gate is not None and one.gate.pends, "lab_gate", one.gate.sentence if one.gate else ""),
        (bool(new), "side_effect", _("A severe side effect since the last renewal.")),
        (one.limit is not None, "limited", _("Dispensing is limited.")),
        (one.at_risk and one.limit is None, "risk", _("The record asks to hand out less at once.")),
        (one.proposed.quantity is None, "quantity", _("The quantity is not known: nothing was written or filled.")),
        (bool(one.refusals), "rules", " ".join(one.verdict)),
        (one.fills_left > 0, "left", _("There are still fills to be had.")),
        *too_early(one),
    ]
    return [Obstacle(code, words) for holds, code, words in told if holds]


def by_adherence(one: Renewal, scopes: Collection[str]) -> list[tuple[bool, str, str]]:
    """Below the share that the site asks for, or not known."""
    least = site.supply_rules().number("renewal_pdc_min", scopes)
    pdc = one.adherence.pdc
    if not isinstance(pdc, Share):
        return [(True, "adherence_unknown", one.adherence.why_not)]
    low = pdc.days * 100 < least * pdc.of
    return [(low, "adherence", _("Covered on %(percent)s %% of the days only.") % {"percent": pdc.percent})]


def by_word(one: Renewal, scopes: Collection[str]) -> list[tuple[bool, str, str]]:
    """What the patient said of late, where it was not that all went as agreed."""
    said = one.adherence.word
    if said is None or said.answer == Taken.AS_AGREED:
        return []
    recent = (one.today - said.on).days <= site.supply_rules().whole("self_report_days", scopes)
    words = _("The patient said on %(day)s: %(what)s.") % {"day": said.on, "what": said.get_answer_display()}
    return [(recent, "self_report", words)]


def too_early(one: Renewal) -> list[tuple[bool, str, str]]:
    """Enough at home for longer than a renewal looks ahead."""
    far = one.runs_out_on is not None and one.runs_out_on - one.today > site.days("renewal_early_days")
    return [(far, "early", _("The supply lasts until %(day)s.") % {"day": one.runs_out_on})]


def listed(labs: Iterable[Due]) -> str:
    """Labs in one line."""
    return ", ".join(one.parameter for one in labs)


def last_renewal(one: Renewal) -> date | None:
    """When it was last renewed or written."""
    renewed = [one.patient.today(row.decided_at) for row in one.decisions if row.answer == RenewalAnswer.RENEWED]
    return max([*renewed, *(line.authorisation.issued_on for line in one.lines)], default=None)


def requests(patient_id: int) -> QuerySet[Task]:
    """The patient's requests for a refill that nobody has answered yet."""
    return Task.objects.filter(
        patient_id=patient_id, kind=TaskKind.REFILL_REQUEST, source_type="prescription", closed_at=None
    )


def asked_for(patient_id: int) -> set[int]:
    """Prescriptions of which the patient has asked for more, and since then nobody has answered and nothing was handed
    out; one query."""
    since = Dispense.objects.annotate(number=Cast("prescription_id", CharField())).filter(
        patient_id=patient_id, number=OuterRef("source_id"), recorded_at__gte=OuterRef("created_at"), voided=None
    )
    waiting = requests(patient_id).filter(~Exists(since))
    return {int(number) for number in waiting.values_list("source_id", flat=True)}


def answers_due(patient: Patient, today: date) -> list[tuple[int, date]]:
    """Prescriptions whose renewal was answered of late, and the morning after on which the patient is told; one
    query."""
    since = datetime.combine(today - site.days("answers_told_days"), time.min, ZoneInfo(patient.time_zone))
    rows = RenewalDecision.objects.filter(patient=patient, decided_at__gte=since)
    return sorted({(row.prescription_id, patient.today(row.decided_at) + timedelta(days=1)) for row in rows})
