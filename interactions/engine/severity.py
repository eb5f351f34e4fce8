"""How serious a finding is, as one ordered scale that also fits into one byte."""

from enum import IntEnum


class Severity(IntEnum):
    """Least first; 0 is kept free and means that nothing is on record."""

    UNGRADED = 1
    MINOR = 2
    MODERATE = 3
    MAJOR = 4
    CONTRAINDICATED = 5

    @property
    def word(self) -> str:
        """The word in data, in keys and on cards: "major"."""
        return WORDS[self]

    def raised(self) -> "Severity":
        """One tier up; contraindicated stays, and what nobody has graded stays ungraded."""
        return self if self in (Severity.UNGRADED, Severity.CONTRAINDICATED) else Severity(self + 1)


WORDS = {severity: severity.name.lower() for severity in Severity}
NAMED = {word: severity for severity, word in WORDS.items()}
