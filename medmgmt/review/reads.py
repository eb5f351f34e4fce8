"""The page of a proposal and of a screening, gathered for reading."""

from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from interactions import review as reviews
from interactions.models import Release, Review
from medmgmt.record import access, part2
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import DosageChange, Patient, Status, User
from medmgmt.regimen import order_lines, same_drug
from medmgmt.review import cosignatures
from medmgmt.review.cards import FindingCard, ProblemCard, cards, gathered
from refills.models import LIVE, Task, TaskKind


@dataclass(frozen=True)
class ProposalPage:
    """A proposal and everything its author must see before signing."""

    patient: Patient
    change: DosageChange
    medication_line_before: str
    medication_line_after: str
    is_from_today: bool
    """Whether what was taken before it is what is taken now."""
    review: Review
    new: list[FindingCard]
    standing: list[FindingCard]
    folded: list[FindingCard]
    not_checked: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    scope: str
    releases: list[Release]
    unanswered: int
    """How many cards wait for an answer; one answers all findings of a card."""
    can_sign: bool
    can_answer: bool
    can_order: bool = False
    beside: list[same_drug.Line] = field(default_factory=list)
    """What is taken on that day of the same substance on other lines."""
    cosignature: cosignatures.CosignatureStanding = field(default_factory=cosignatures.CosignatureStanding)
    """Which contraindicated findings need a second person, and who has said what."""
    problems: list[ProblemCard] = field(default_factory=list)
    """What is to be shown of them as one: the loud ones, new and standing, one card a clinical problem."""
    tasks: list[Task] = field(default_factory=list)

    @property
    def comes_to(self) -> str:
        """The new dose in milligrams a day and in pieces of the product, where they can be said."""
        of = self.change.prescription
        product = order_lines.Product(of.drug_name, of.strength, of.form)
        return order_lines.comes_to(self.change.sig, product) if self.change.sig else ""


@dataclass(frozen=True)
class ScreeningPage:
    """The cards that screenings brought up and that still hold, with their answers; and what nobody could check."""

    patient: Patient
    review: Review | None
    """The newest look at what the patient really takes; None where there was none."""
    problems: list[ProblemCard]
    not_checked: list[dict[str, Any]]
    scope: str
    releases: list[Release]
    tasks: list[Task]
    """What still waits for somebody because of it."""
    can_answer: bool

    @property
    def unanswered(self) -> int:
        """How many cards wait for an answer."""
        return sum(card.needs_answer for card in self.problems)


def proposal(by: User, change_id: int) -> ProposalPage:
    """The newest review of a proposal, new findings apart from standing ones, minor and ungraded ones folded."""
    change = DosageChange.objects.filter(pk=change_id).select_related("prescription", "author", "signed_by").first()
    patient = access.patient_for(by, "view_chart", change.patient_id if change else 0)
    assert change is not None
    access.require_open(by, patient, change)
    hides = part2.mask(by, patient.pk)
    review = reviews.latest(change_id)
    if review is None:
        raise NoSuchThing()
    found = list(review.findings.all())
    shown = cards(found, patient.pk, hides)
    loud = [card for card in shown if card.finding.severity not in reviews.FOLDED]
    waiting = change.status == Status.PROPOSED
    problems = gathered(loud, patient, hides)
    unanswered = sum(card.needs_answer for card in problems)
    second = cosignatures.masked(cosignatures.shown_to(by, change, found), hides)
    others = [line for line in beside(patient, change) if not hides.hides(line.prescription.pk)]
    now = [change.old_sig.text()] if change.old_sig else []
    now += [f"{line.prescription.drug_name} {line.text}" for line in others]
    return ProposalPage(
        patient=patient,
        change=change,
        medication_line_before="; ".join(now),
        medication_line_after=change.sig.text() if change.sig else "",
        is_from_today=change.effective_on == patient.today(timezone.now()) and waiting,
        review=review,
        new=[card for card in loud if card.finding.is_new],
        standing=[card for card in loud if not card.finding.is_new],
        folded=[card for card in shown if card.finding.severity in reviews.FOLDED],
        not_checked=hides.not_checked(review.not_checked),
        coverage=hides.not_checked(review.coverage),
        scope=review.scope,
        releases=list(review.releases.all()),
        unanswered=unanswered,
        can_sign=waiting and not unanswered and not second.missing and access.may(by, "sign"),
        can_answer=waiting and access.may(by, "answer_finding"),
        beside=others,
        can_order=change.status != Status.WITHDRAWN and access.may(by, "order_monitoring"),
        cosignature=second,
        problems=problems,
        tasks=list(patient.tasks.filter(source_type="dosage_change", source_id=str(change.pk))),
    )


def beside(patient: Patient, change: DosageChange) -> list[same_drug.Line]:
    """The other lines of what the change is of."""
    of = change.prescription
    return same_drug.of_patient(patient, change.effective_on, name=of.drug_name, rxcui=of.rxcui, but=of.pk)


def of_patient(by: User, patient_id: int) -> ScreeningPage:
    """For staff of the patient's team; a fixed number of queries, however much was found."""
    patient = access.patient_for(by, "view_chart", patient_id)
    newest, hides = reviews.latest_of_patient(patient.pk), part2.mask(by, patient.pk)
    tasks = patient.tasks.filter(kind=TaskKind.KNOWLEDGE_CHANGE, state__in=LIVE)
    return ScreeningPage(
        patient=patient,
        review=newest,
        problems=gathered(cards(reviews.of_screenings(patient.pk), patient.pk, hides), patient, hides),
        not_checked=hides.not_checked(newest.not_checked) if newest else [],
        scope=newest.scope if newest else "",
        releases=list(newest.releases.all()) if newest else [],
        tasks=list(tasks.select_related("assignee", "claimed_by").order_by("priority", "due_at", "id")),
        can_answer=access.may(by, "answer_finding"),
    )
