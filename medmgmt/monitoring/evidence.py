"""What keeps a promise to monitor: which lab, scale or visit a card suggests, and every other that can be recorded."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.care_tables import CareTables
from interactions.engine.knowledge import Knowledge
from interactions.models import Finding
from medmgmt.regimen import lexicon
from medmgmt.regimen.lexicon import evidence_of
from refills import site

VISIT = "visit"
MOST = 6
"""So many a card suggests; all others stand below."""
OF_INTERACTIONS = ("inhibitor", "inducer", "interacting", "smoking")
"""A monitoring rule that speaks of one of these is meant for a day on which another drug comes or goes."""


def usual_days() -> int:
    """When a promise is due where no rule says otherwise."""
    return site.whole("follow_up_days_usual")


@dataclass(frozen=True)
class Choice:
    """Something that can be recorded, and within how many days."""

    what: str
    days: int = field(default_factory=usual_days)

    @property
    def label(self) -> str:
        """In words, for a page."""
        return label(self.what)


def is_known(what: str) -> bool:
    """Whether it is a visit or something that this service can record, named by its own kind."""
    _kind, _colon, code = what.partition(":")
    return what == VISIT or (code in library.observed_at_hand().by_code and evidence_of(code) == what)


def label(what: str) -> str:
    """A code in words; what a later release does not know any more is shown as it was kept."""
    if what == VISIT:
        return _("a visit")
    _kind, _colon, code = what.partition(":")
    return lexicon.label(code) if code in library.observed_at_hand().by_code else what


def suggested(findings: Iterable[Finding], knowledge: Knowledge) -> list[Choice]:
    """What a card suggests, the most fitting first: by its problem, then by its drugs, and at last a visit."""
    found = list(findings)
    by_problem = [choice for finding in found for choice in _of_problem(finding, knowledge)]
    drugs = [drug for finding in found for drug in finding.drugs]
    by_drug = [Choice(what) for what in _of_drugs(drugs, knowledge)]
    once: dict[str, Choice] = {}
    for choice in [*by_problem, *by_drug]:
        once.setdefault(choice.what, choice)
    visit = once.pop(VISIT, Choice(VISIT))
    return [*list(once.values())[:MOST], visit]


def others(than: Sequence[Choice]) -> list[tuple[str, list[Choice]]]:
    """Everything else that can be recorded, put together for a form: labs and signs, scales."""
    named = {choice.what for choice in than}
    every = library.observed_at_hand().by_code
    rest = [Choice(evidence_of(code)) for code, one in every.items() if not one.parts]
    rest = sorted((choice for choice in rest if choice.what not in named), key=lambda choice: choice.label.lower())
    return [
        (_("Labs and signs"), [choice for choice in rest if not _is_scale(choice)]),
        (_("Scales"), [choice for choice in rest if _is_scale(choice)]),
    ]


def everything() -> list[Choice]:
    """All that can be recorded, a visit first."""
    return [Choice(VISIT), *(choice for _name, group in others([]) for choice in group)]


def _is_scale(choice: Choice) -> bool:
    return choice.what.startswith("scale:")


def _of_problem(finding: Finding, knowledge: Knowledge) -> list[Choice]:
    """What the knowledge asks to be measured because of this problem of these drugs, where it can be recorded here."""
    wanted = knowledge.formulary.cards.wanted(finding.problem, finding.drugs)
    named = [(row.code if row.code == VISIT else evidence_of(row.code), row.due_days) for row in wanted]
    return [Choice(what, days) for what, days in named if is_known(what)]


def _of_drugs(drugs: Sequence[str], knowledge: Knowledge) -> list[str]:
    """What the monitoring rules of these drugs and of their sets ask for; rules of interactions before all others."""
    mine = [f"set:{name}" for name, members in knowledge.sets.items() if not set(members).isdisjoint(drugs)]
    targets = [*drugs, *mine]
    by_target = rules_of(knowledge.formulary.care)
    rules = [rule for target in dict.fromkeys(targets) for rule in by_target.get(target, [])]
    return [what for what, _is_meant in sorted(rules, key=lambda rule: not rule[1])]


@lru_cache(maxsize=4)
def rules_of(care: CareTables) -> dict[str, list[tuple[str, bool]]]:
    """Drug or "set:name" -> what its monitoring rules measure, and whether they speak of other drugs."""
    found: dict[str, list[tuple[str, bool]]] = {}
    for rule in care.monitoring:
        if rule.code:
            is_meant = any(word in rule.occasions for word in OF_INTERACTIONS)
            found.setdefault(rule.target, []).append((evidence_of(rule.code), is_meant))
    return found
