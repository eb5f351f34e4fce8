"""What about a person raises a risk: figures and diagnoses, as a table names them."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from decimal import Decimal

from interactions.engine.conditions import COMPARISONS
from interactions.engine.regimen import Facts

NO_CODES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class RiskFactor:
    """One fact that raises a risk; without a sign it is a plain yes, or one of the diagnoses."""

    code: str
    """Stable text, without anybody's value."""
    fact: str
    """The field of the facts."""
    sign: str
    limit: Decimal
    conditions: frozenset[str]
    words: str

    def told(self, facts: Facts, codes: Set[str]) -> str:
        """In words with the person's own value; empty where it does not hold or is not on record."""
        value = getattr(facts, self.fact)
        if not self.sign:
            return self.words if value or not self.conditions.isdisjoint(codes) else ""
        if value is None or not COMPARISONS[self.sign](Decimal(value), self.limit):
            return ""
        return self.words.format(value=value)


Risks = Mapping[str, tuple[RiskFactor, ...]]


def found(risks: Risks, risk: str, facts: Facts, codes: Set[str] = NO_CODES) -> dict[str, str]:
    """Everything that raises a risk in this person: stable text -> words."""
    told = {one.code: one.told(facts, codes) for one in risks.get(risk, ())}
    return {code: words for code, words in told.items() if words}
