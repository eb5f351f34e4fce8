"""What follows for two drugs from what each does, whoever takes them; worked out once a pair and then remembered."""

from typing import NamedTuple

from interactions.engine.attributes import Profile
from interactions.engine.severity import Severity


class Derived(NamedTuple):
    """A possible finding of two profiles before the person is looked at."""

    code: str
    problem: str
    severity: Severity | None
    """None: only a risk factor of the person makes it speak."""
    raised: Severity | None
    """With the risk factor that belongs to the code."""
    mechanism: str
    management: str
    onset: str
    acts: str = ""
    """Key of the drug that changes the other's level; empty where both act alike."""
    suffers: str = ""
    """Key of the drug whose level changes."""
    is_induction: bool = False
    enzymes: tuple[str, ...] = ()
    """Enzymes that are strongly inhibited."""
    effect: str = ""
    """What comes of it, in a word or two."""


def keys(a: Profile, b: Profile) -> str:
    """Both names in the order of the alphabet."""
    return " and ".join(sorted((a.key, b.key)))
