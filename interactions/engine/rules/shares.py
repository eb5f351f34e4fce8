"""What each drug adds to a risk of the whole regimen."""

from interactions.engine.attributes import Profile
from interactions.engine.rules import derived
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation

STABLE = ("known and stable",)
Shares = list[tuple[Seat, Profile, int]]


def shares_of(situation: Situation, scale: str, at_least: int = 1) -> Shares:
    """Every drug of the day that adds so much on a scale, in the order of names."""
    found = situation.shares.get(scale, [])
    return found if at_least == 1 else [share for share in found if share[2] >= at_least]


def total(shares: Shares) -> int:
    """The sum of all."""
    return sum(share[2] for share in shares)


def told(shares: Shares) -> str:
    """ "tramadol 2 + sertraline 3 = 5"."""
    ordered = sorted(shares, key=lambda share: (-share[2], share[1].key))
    return " + ".join(f"{one[1].key} {one[2]}" for one in ordered) + f" = {total(shares)}"


def keys(shares: Shares) -> tuple[str, ...]:
    """The drugs, by the keys under which the rules know them."""
    return tuple(profile.key for _, profile, _ in shares)


def are_calm(
    situation: Situation, shares: Shares, problem: str, lab: tuple[str, int | None, int | None] | None = None
) -> bool:
    """Nothing changed for long, no complaint that belongs to the problem, and its lab recent and in range."""
    return all(
        situation.is_steady(seat.drug, situation.numbers.steady_days) for seat, _, _ in shares
    ) and derived.is_damped(situation, problem, lab)


def slight(shares: Shares) -> tuple[str, ...]:
    """Drugs with the least share, a weak or conditional effect: the load is there without them."""
    return tuple(profile.key for _, profile, share in shares if share == 1)
