"""What a review is expected to say of the proposal in hand, else of what is taken today."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.stories.people import World, same_drug
from tests.stories.telling import CameOutDifferently, holds, listed, says_all, says_none

BY = "psychiatrist"
SEVERITIES = ("ungraded", "minor", "moderate", "major", "contraindicated")
NOTHING_ASKED: dict[str, Any] = {}


@dataclass(frozen=True)
class Found:
    """One finding with everything that is shown of it."""

    type: str
    severity: str
    drugs: tuple[str, ...]
    problem: str
    is_new: bool
    is_loud: bool
    text: str
    alternatives: str

    def __str__(self) -> str:
        return f"{self.type or 'card'} {self.severity} {'+'.join(self.drugs)}"


def found(world: World, by: str = BY) -> list[Found]:
    """Everything that the review in hand or the standing one says to this person; of a screening its cards."""
    if world.proposal is not None:
        shown = world.get(by, f"proposals/{world.proposal}")
        loud = {number for card in shown["cards"] for number in card["findings"]}
        return [of_line(one, loud) for one in [*shown["new"], *shown["standing"], *shown["folded"]]]
    world.catch_up()
    chart = world.get(by, f"patients/{world.patient}")
    cards = world.get(by, f"patients/{world.patient}/screening")["cards"]
    loud = {number for card in cards for number in card["findings"]}
    standing = [of_line(one, loud | {one["id"]}) for one in chart["standing"]]
    seen = {one["id"] for one in chart["standing"]}
    return [*standing, *(of_card(one) for one in cards if one["lead"] not in seen)]


def of_line(one: dict[str, Any], loud: set[int]) -> Found:
    """A finding as the API shows it."""
    items = [item for part in (one["attributes"], *one["attributes"]["sources"]) for item in part["items"]]
    offered = " ".join(item["text"] for item in items if "alternative" in item["name"].casefold())
    text = " ".join(words(one))
    return Found(
        one["kind"], one["severity"], tuple(one["drugs"]), one["problem"], one["is_new"], one["id"] in loud, text,
        offered,
    )  # fmt: skip


def of_card(card: dict[str, Any]) -> Found:
    """What a screening brought up, which the API tells by cards alone."""
    text = " ".join(words(card))
    return Found("", card["severity"], tuple(card["drugs"]), card["problem"], card["is_new"], True, text, "")


def words(value: object) -> Iterator[str]:
    """Every text within."""
    if isinstance(value, str):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from words(inner)


def fits(one: Found, said: dict[str, Any]) -> bool:
    """Whether it is the finding that is meant."""
    place = SEVERITIES.index(one.severity)
    return (
        said.get("type") in (None, one.type)
        and all(any(same_drug(drug, named) for named in one.drugs) for drug in listed(said.get("drugs")))
        and place >= SEVERITIES.index(said.get("at_least", SEVERITIES[0]))
        and place <= SEVERITIES.index(said.get("at_most", SEVERITIES[-1]))
        and said.get("new") in (None, one.is_new)
        and said.get("interruptive") in (None, one.is_loud)
        and ("problem" not in said or holds(one.problem, str(said["problem"])))
        and says_all(one.text, listed(said.get("says")))
        and says_none(one.text, listed(said.get("not_says")))
        and says_all(one.alternatives, listed(said.get("offers")))
        and says_none(one.alternatives, listed(said.get("not_offers")))
    )


def told(all_found: list[Found]) -> str:
    """What was seen, in a line."""
    return "; ".join(str(one) for one in all_found) or "no finding at all"


def expect_finding(world: World, said: dict[str, Any]) -> None:
    """One fits. With `not_offers` alone no card may offer them."""
    seen = found(world, said.pop("as", BY))
    if set(said) == {"not_offers"}:
        if wrong := [one for one in seen if not fits(one, said)]:
            raise CameOutDifferently(f"offered by {told(wrong)}")
        return
    if not any(fits(one, said) for one in seen):
        raise CameOutDifferently(f"seen: {told(seen)}")


def expect_no_finding(world: World, said: dict[str, Any]) -> None:
    """None fits."""
    seen = found(world, said.pop("as", BY))
    if wrong := [one for one in seen if fits(one, said)]:
        raise CameOutDifferently(f"seen: {told(wrong)}")


def expect_not_checked(world: World, said: dict[str, Any]) -> None:
    """The review names it as not looked at."""
    path = f"patients/{world.patient}" if world.proposal is None else f"proposals/{world.proposal}"
    seen = " ".join(words(world.get(BY, path)["not_checked"]))
    if not says_all(seen, listed(said["what"])):
        raise CameOutDifferently(f"not checked: {seen or 'nothing'}")
