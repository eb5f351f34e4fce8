"""What people are expected to be told: tasks that wait, messages that came, pages as they read."""

import re
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from refills.models import DemoMessage
from tests.stories import clock
from tests.stories.people import World, prescriptions
from tests.stories.supplies import addresses, tasks_of
from tests.stories.telling import CameOutDifferently, listed, plain, says_all, says_none

WORKERS = ("psychiatrist", "nurse", "pharmacist")
URGENCIES = {"urgent": 1, "high": 2, "soon": 2, "normal": 3, "low": 4}
PAGES = {
    "chart": "/patients/{patient}/",
    "review": "/changes/{proposal}/",
    "portal": "/my/",
    "worklist": "/tasks/",
    "home": "/",
}
NAMED = re.compile(r"\{(patient|proposal|prescription)(?::([^}]+))?\}")


def waiting(world: World, said: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks that fit and wait for the role, or for anybody."""
    world.catch_up()
    roles = [str(said["for"])] if "for" in said else WORKERS
    found = {one["id"]: one for role in roles for one in tasks_of(world, role, said)}
    return [one for one in found.values() if is_near(one, said) and is_urgent(one, said)]


def is_near(task: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether its due time comes within the time, counted from now."""
    if "due_within" not in said:
        return True
    length = clock.length(str(said["due_within"])) + timedelta(minutes=1)
    return datetime.fromisoformat(task["due_at"]) <= timezone.now() + length


def is_urgent(task: dict[str, Any], said: dict[str, Any]) -> bool:
    """Whether it is so urgent, or more."""
    least = said.get("urgency_at_least")
    return least is None or int(task["priority"]) <= URGENCIES[str(least)]


def seen_tasks(world: World) -> str:
    """Everything that waits, in a line."""
    found = {one["id"]: one for role in WORKERS for one in tasks_of(world, role, {})}
    lines = [f"{one['kind']} for the {one['role'] or 'person'}, priority {one['priority']}" for one in found.values()]
    return "; ".join(lines) or "no task at all"


def expect_task(world: World, said: dict[str, Any]) -> None:
    """One waits, or exactly so many."""
    found = waiting(world, said)
    if len(found) != said["count"] if "count" in said else not found:
        raise CameOutDifferently(f"{len(found)} such tasks; seen: {seen_tasks(world)}")


def expect_no_task(world: World, said: dict[str, Any]) -> None:
    """None waits."""
    if found := waiting(world, said):
        raise CameOutDifferently(f"waiting: {'; '.join(one['title'] for one in found)}")


def expect_messages(world: World, said: dict[str, Any]) -> None:
    """What the phone and the mailbox of somebody got: so many, saying this and not that."""
    world.catch_up()
    to = str(said.get("to", "patient"))
    theirs = addresses(world) if to == "patient" else caregivers(world) if to == "caregiver" else {world.user(to).email}
    came = DemoMessage.objects.filter(recipient__in=theirs)
    if "since" in said:
        came = came.filter(sent_at__gte=world.clock.start_of(said["since"]))
    texts = [f"{one.subject} {one.body}" for one in came.order_by("sent_at", "id")]
    if "count" in said and len(texts) != said["count"]:
        raise CameOutDifferently(f"{len(texts)} messages: {texts}")
    if "at_most" in said and len(texts) > said["at_most"]:
        raise CameOutDifferently(f"{len(texts)} messages: {texts}")
    if not says_all(" ".join(texts), listed(said.get("says"))):
        raise CameOutDifferently(f"the messages say: {texts}")
    if not says_none(" ".join(texts), listed(said.get("not_says"))):
        raise CameOutDifferently(f"the messages say: {texts}")


def caregivers(world: World) -> set[str]:
    """The addresses of whoever is told as well."""
    page = world.get("nurse", f"patients/{world.patient}/messages")
    return {one["address"] for one in page["caregivers"]}


def path_of(world: World, said: str) -> str:
    """A path with the numbers that it names."""
    return NAMED.sub(lambda found: str(number_of(world, found[1], found[2])), said)


def number_of(world: World, kind: str, which: str | None) -> int:
    """The id of the person, the prescription of a drug, or the proposal in hand."""
    if kind == "patient":
        return world.patients[int(which) - 1] if which else world.patient
    if kind == "prescription":
        found = prescriptions(world, which or "")
        if not found:
            raise CameOutDifferently(f"no prescription of {which}")
        return int(found[0]["id"])
    if world.proposal is None:
        raise CameOutDifferently("there is no proposal in hand")
    return world.proposal


def expect_page(world: World, said: dict[str, Any]) -> None:
    """The text of a page as somebody reads it."""
    world.catch_up()
    text = page_text(world, said)
    for words in listed(said.get("says")):
        if not says_all(text, [words]):
            raise CameOutDifferently(f"the page does not say “{words}”: {around(text)}")
    for words in listed(said.get("not_says")):
        if not says_none(text, [words]):
            raise CameOutDifferently(f"the page says “{words}”: {around(text, words)}")


def page_text(world: World, said: dict[str, Any]) -> str:
    """The page asked for; `last` is what the last act in a browser was answered with."""
    name = str(said.get("page", "chart"))
    if name == "last":
        if world.page is None:
            raise CameOutDifferently("nobody has sent a form yet")
        return world.page
    path = path_of(world, PAGES.get(name, name))
    if "on" in said:
        path += f"?day={world.clock.day(said['on'])}"
    return world.look(str(said.get("as", "psychiatrist")), path)


def around(text: str, words: str = "") -> str:
    """Some of a page, from where the words stand."""
    read = plain(text)
    places = [read.find(plain(one)) for one in words.split("|") if words]
    begin = max(0, min((place for place in places if place >= 0), default=0) - 60)
    return f"…{read[begin : begin + 240]}…"


def expect_api(world: World, said: dict[str, Any]) -> None:
    """The status of an address for somebody, and values in what it answers."""
    answer = world.call(str(said.get("as", "psychiatrist")), "GET", path_of(world, str(said["path"])))
    if "status" in said and answer.status_code != said["status"]:
        raise CameOutDifferently(f"it answers {answer.status_code}")
    for path, wanted in said.get("json", {}).items():
        value: Any = answer.json()
        for name in str(path).split("."):
            value = value[int(name)] if isinstance(value, list) else value.get(name)
        if value != wanted and str(value) != str(wanted):
            raise CameOutDifferently(f"{path} is {value!r}")


def expect_found(world: World, said: dict[str, Any]) -> None:
    """Whether the search finds the person in hand by these letters."""
    by = str(said.get("as", "psychiatrist"))
    found = world.post(by, "patients/search", {"search": str(said["text"])})["results"]
    if (world.patient in {one["id"] for one in found}) != said.get("found", True):
        raise CameOutDifferently(f"{len(found)} people are found, the one in hand is {'not ' * (not found)}among them")
