"""One card a clinical problem: its findings with the answers that speak for them, and what helps to answer it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.utils import timezone

from interactions import about, library
from interactions import review as reviews
from interactions.answers import Earlier
from interactions.engine.card_tables import CardTables
from interactions.engine.information import Information
from interactions.models import Answer, Finding
from medmgmt.monitoring import evidence
from medmgmt.monitoring import measures as monitoring_measures
from medmgmt.record import part2
from medmgmt.record.models import Patient
from medmgmt.record.part2 import Mask
from medmgmt.regimen import courses
from medmgmt.review import tolerance


@dataclass(frozen=True)
class FindingCard:
    """A finding with the answer that covers it."""

    finding: Finding
    answer: Answer | None
    tables: CardTables = field(default_factory=CardTables, repr=False, compare=False)

    @property
    def about(self) -> Information:
        """Everything the card must tell; what nobody knows is said so."""
        return about.information_of(self.finding, self.tables)

    @property
    def needs_answer(self) -> bool:
        """Whether it stands in the way of a signature."""
        stops = self.finding.is_interruptive and self.finding.severity in reviews.STOPS
        return self.answer is None and stops

    @property
    def shown_earlier(self) -> str:
        """What the record showed of an earlier time when "tolerated before" was answered; empty for all else."""
        answer = self.answer
        if answer is None or not answer.overlap_verdict:
            return ""
        told = Earlier(answer.overlap_verdict, answer.overlap_days or 0, answer.overlap_from, answer.overlap_to)
        return tolerance.sentence(told, len(self.finding.drugs))

    @property
    def follow_up(self) -> str:
        """What was promised to be recorded, in words; empty where nothing was named."""
        return evidence.label(self.answer.follow_up) if self.answer and self.answer.follow_up else ""


@dataclass(frozen=True)
class Before:
    """What the record shows of an earlier time on the drugs of one finding."""

    finding: Finding
    verdict: str
    sentence: str


@dataclass(frozen=True)
class ProblemCard:
    """What is answered with one answer: the finding that leads, all else behind the same problem, and what is offered.

    `before` and `choices` are filled where somebody still has to answer.
    """

    lead: FindingCard
    behind: list[FindingCard]
    before: list[Before] = field(default_factory=list)
    choices: list[evidence.Choice] = field(default_factory=list)
    measures: list[monitoring_measures.Measure] = field(default_factory=list)
    """What to measure because of it, each with the last result and the order that waits."""

    @property
    def name(self) -> str:
        """The problem, as the knowledge calls it."""
        return self.lead.finding.card

    @property
    def findings(self) -> list[FindingCard]:
        """All of them, the leading one first."""
        return [self.lead, *self.behind]

    @property
    def needs_answer(self) -> bool:
        """Whether any of them stands in the way."""
        return self.lead.needs_answer

    @property
    def is_new(self) -> bool:
        """Whether any of them is there because of the change."""
        return any(card.finding.is_new for card in self.findings)

    @property
    def severity(self) -> str:
        """Of the most severe."""
        return max((card.finding.severity for card in self.findings), key=SEVERITIES.index)


SEVERITIES = ("ungraded", "minor", "moderate", "major", "contraindicated")


def cards(findings: Iterable[Finding], patient_id: int, hides: Mask) -> list[FindingCard]:
    """Findings with the answers that cover them, in place of all that are masked one; two
    queries."""
    found = list(findings)
    answers = reviews.answers_for(patient_id, found)
    tables = library.current().formulary.cards if found else CardTables()
    shown = [FindingCard(one, answers.get(one.key), tables) for one in found if not hides.is_masked(one)]
    masked = [FindingCard(one, answers.get(one.key), tables) for one in hides.masked(found)]
    return [without_words(masked, hides), *shown] if masked else shown


def without_words(masked: Sequence[FindingCard], hides: Mask) -> FindingCard:
    """One card in place of these; it waits while any of them does, and of its answer stays who gave it and when."""
    waiting = [one for one in masked if one.needs_answer]
    lead = part2.leading([one.finding for one in waiting or masked])
    told = hides.finding([one.finding for one in masked], lead)
    given = next((one.answer for one in masked if one.finding is lead), None)
    return FindingCard(told, None if waiting or given is None else bare(given), masked[0].tables)


def bare(given: Answer) -> Answer:
    """An answer without what might tell of which medicine it speaks."""
    kept = {name: getattr(given, name) for name in ("pk", "patient_id", "reason_code", "by", "at", "follow_up_on")}
    return Answer(**kept, key=part2.RESTRICTED)


def gathered(shown: Iterable[FindingCard], patient: Patient, hides: Mask) -> list[ProblemCard]:
    """One card a clinical problem, in the order given; a finding that waits for an answer leads.

    A fixed number of queries, however many cards there are.
    """
    groups: dict[str, list[FindingCard]] = {}
    for card in shown:
        groups.setdefault(card.finding.card or f"finding:{card.finding.pk}", []).append(card)
    found = []
    for group in groups.values():
        lead = next((card for card in group if card.needs_answer), group[0])
        found.append(ProblemCard(lead, [card for card in group if card is not lead]))
    found = _with_measures(found, patient, hides)
    return _with_offers(found, patient) if any(card.needs_answer for card in found) else found


def _with_measures(found: Sequence[ProblemCard], patient: Patient, hides: Mask) -> list[ProblemCard]:
    """What each card asks to be measured; three queries, none where no card asks for anything."""
    every = [one.finding for card in found for one in card.findings]
    wanted = monitoring_measures.of_findings(patient, every, found[0].lead.tables, hides) if found else {}
    return [replace(card, measures=wanted.get(card.lead.finding.pk, [])) for card in found]


def _with_offers(found: Sequence[ProblemCard], patient: Patient) -> list[ProblemCard]:
    knowledge, known = library.current(), courses.of_patient(patient.pk)
    today = patient.today(timezone.now())
    offered = []
    for card in found:
        open_ones = [one.finding for one in card.findings if one.needs_answer and one.finding.key != part2.RESTRICTED]
        histories = tolerance.histories_of(open_ones, known, today, knowledge)
        before = [Before(one, histories[one.key].verdict, histories[one.key].sentence) for one in open_ones]
        choices = evidence.suggested(open_ones, knowledge) if open_ones else []
        offered.append(replace(card, before=before, choices=choices))
    return offered
