"""A story file, read: a verb or a key that nobody knows is an error that names file and step."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

from tests.stories.telling import BadStory


def known(names: str) -> frozenset[str]:
    """The names in a text."""
    return frozenset(names.split())


ACT = frozenset({"by", "expect", "says"})
ORDER = frozenset({"drug", "sig", "product", "from", "indication", "reason", "alongside"})
CHANGE = frozenset({"drug", "sig", "hold", "resume", "stop", "from", "reason"})
FINDING = known("as type drugs at_least at_most new interruptive says not_says problem offers not_offers")
TASK = known("kind title for due_within urgency_at_least count")
PLACES = frozenset({"story", "why", "today", "steps"})
EXPECT = ("ok", "refused", "asked", "either")


def act(*keys: str) -> frozenset[str]:
    """What every act takes, and these."""
    return ACT | set(keys)


VERBS: Mapping[str, frozenset[str]] = {
    "patient": act(
        "born", "sex", "name", "language", "time_zone", "weight_kg", "height_cm", "pregnant", "lactating", "smoking",
        "egfr", "hepatic", "phone", "email", "conditions", "allergies", "programme",
    ),
    "taking": known("drug sig since product indication until reason runs_out last_given"),
    "observation": act("code", "name", "value", "unit", "at", "confirm"),
    "allergy": act("substance", "text", "reaction", "severity", "kind"),
    "condition": act("substance", "text", "reaction", "severity"),
    "order": ACT | ORDER,
    "change": ACT | CHANGE,
    "plan": act("pattern", "drug", "to_drug", "from", "target", "steps", "reason", "sig"),
    "basket": act("items"),
    "answer": act("all", "problem", "code", "note", "evidence", "look_again"),
    "cosign": act("note"),
    "sign": act("unchecked"),
    "nothing_in_use": ACT,
    "withdraw": act("note"),
    "fill": act("drug", "quantity", "days", "on", "reason", "confirm"),
    "void_fill": act("drug", "reason"),
    "give": act("drug", "dose", "site", "at", "reason", "confirm"),
    "side_effect": act("term", "severity", "began", "note", "words"),
    "ask_refill": act("drug"),
    "answer_message": act("choice"),
    "reply": act("channel", "text"),
    "renew": act("drug", "quantity", "days", "refills"),
    "import_fhir": act("resources"),
    "act_on_task": act("title", "kind", "do", "outcome"),
    "enrol": act("programme", "on"),
    "discharge": act("programme", "on"),
    "consent": act("who", "scope", "revoke"),
    "mark_programme": act("phone"),
    "takes_in_care": ACT,
    "part2_consent": act("kinds", "until", "revoke"),
    "break_glass": act("reason"),
    "expect_finding": FINDING,
    "expect_no_finding": FINDING,
    "expect_not_checked": frozenset({"what"}),
    "expect_task": TASK,
    "expect_no_task": TASK,
    "expect_messages": known("to since count at_most says not_says"),
    "expect_dose": known("drug on mg_per_day sig none"),
    "expect_runs_out": frozenset({"drug", "on"}),
    "expect_page": known("as page on says not_says"),
    "expect_api": known("as path status json"),
    "expect_suspect": frozenset({"first", "not_first"}),
    "expect_due": known("code name drug state"),
    "expect_found": known("as text found"),
}  # fmt: skip
"""Each verb with its keys. `pass` and `expect_either` take no keys of their own."""
BARE = frozenset({"pass", "expect_either"})
LISTS = frozenset({"taking"})
INNER: Mapping[tuple[str, str], frozenset[str]] = {
    ("plan", "steps"): known("from sig drug gate stop"),
    ("patient", "allergies"): known("substance reaction severity kind"),
    ("basket", "items"): ORDER | CHANGE | {"order", "change"},
}
"""Keys of what stands in a list below a key."""
GATE = known("code at_least at_most")
LENGTH = re.compile(r"(\d+) ?([dhm])")
"""`3d`, `6h`, `20m`."""


@dataclass(frozen=True)
class Step:
    """One act or expectation; `number` counts from one, `parts` are the alternatives of expect_either."""

    number: int
    verb: str
    said: Mapping[str, Any]
    parts: tuple["Step", ...] = ()

    def __str__(self) -> str:
        return f"step {self.number} ({self.verb})"


@dataclass(frozen=True)
class Story:
    """A story as it stands in its file."""

    path: Path
    title: str
    today: date | None
    steps: tuple[Step, ...]


def files(places: Iterable[Path]) -> list[Path]:
    """The story files named or in the folders named, in order of name. BadStory for what is not there."""
    found: list[Path] = []
    for place in places:
        if not place.exists():
            raise BadStory(f"{place}: there is no such file or folder")
        found += sorted(place.rglob("*.yaml")) if place.is_dir() else [place]
    return found


def read(path: Path) -> Story:
    """The story of a file."""
    try:
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as wrong:
        raise BadStory(f"{path}: is not YAML: {wrong}") from wrong
    if not isinstance(told, dict) or not isinstance(told.get("steps"), list) or not told["steps"]:
        raise BadStory(f"{path}: a story has steps")
    known_only(told, PLACES, str(path))
    today = told.get("today")
    if today is not None and type(today) is not date:
        raise BadStory(f"{path}: today is a date")
    return Story(path, str(told.get("story", path.stem)), today, tuple(steps(told["steps"], str(path))))


def steps(told: list[Any], place: str) -> Iterator[Step]:
    """Every step, each one verb with its keys."""
    for number, one in enumerate(told, start=1):
        if not isinstance(one, dict) or len(one) != 1:
            raise BadStory(f"{place}: step {number}: a step is one verb with its keys")
        verb, said = next(iter(one.items()))
        yield step(number, str(verb), said, f"{place}: step {number} ({verb})")


def step(number: int, verb: str, said: Any, place: str) -> Step:
    """One step. A list below `taking` is several of them in one; below `expect_either` it is the alternatives."""
    if verb == "pass":
        if not LENGTH.fullmatch(str(said).strip()):
            raise BadStory(f"{place}: takes a length of time such as 3d, 6h or 20m")
        return Step(number, verb, {"time": str(said)})
    if verb == "expect_either":
        if not isinstance(said, list):
            raise BadStory(f"{place}: takes a list of expectations")
        parts = tuple(Step(number, one.verb, one.said, one.parts) for one in steps(said, place))
        if any(not one.verb.startswith("expect_") for one in parts):
            raise BadStory(f"{place}: takes expectations only")
        return Step(number, verb, {}, parts)
    if verb not in VERBS:
        raise BadStory(f"{place}: there is no such verb")
    if verb in LISTS:
        several = said if isinstance(said, list) else [said]
        return Step(number, verb, {"several": [keys(verb, one, place) for one in several]})
    return Step(number, verb, keys(verb, said or {}, place))


def keys(verb: str, said: Any, place: str) -> dict[str, Any]:
    """What stands below a verb, with YAML's `true` read as the key `on` that it was."""
    if not isinstance(said, dict):
        raise BadStory(f"{place}: takes keys, not {said!r}")
    named = {"on" if key is True else str(key): value for key, value in said.items()}
    known_only(named, VERBS[verb], place)
    if named.get("expect", "ok") not in EXPECT:
        raise BadStory(f"{place}: expect is one of {', '.join(EXPECT)}")
    for (of, key), names in INNER.items():
        if of == verb:
            for one in mappings(named.get(key)):
                known_only(one, names, f"{place}, {key}")
                for gate in mappings([one.get("gate")]):
                    known_only(gate, GATE, f"{place}, {key}, gate")
    return named


def mappings(value: Any) -> list[dict[Any, Any]]:
    """What of a list has keys of its own."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def known_only(named: Mapping[Any, Any], names: frozenset[str], place: str) -> None:
    """BadStory for a key that nobody knows."""
    for key in named:
        if key not in names:
            raise BadStory(f"{place}: there is no such key: {key}")
