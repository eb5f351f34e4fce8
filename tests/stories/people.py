"""Who acts in a story, each through the API or a browser of their own, and what is in hand."""

import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.http import HttpResponse
from django.test import Client
from django.test.client import ClientHandler

from interactions import library
from medmgmt.record.models import CareTeam, CareTeamMember, Role, User
from tests.stories.clock import Clock
from tests.stories.telling import CameOutDifferently, ToldNo, cannot, plain

LONG_AGO = datetime(2000, 1, 3, 9, 0, tzinfo=UTC)
STAFF = {
    "psychiatrist": (Role.PSYCHIATRIST, "Harbor"),
    "psychiatrist2": (Role.PSYCHIATRIST, "Harbor"),
    "stranger": (Role.PSYCHIATRIST, "Hillside"),
    "programme_psychiatrist": (Role.PSYCHIATRIST, "Lighthouse"),
    "nurse": (Role.NURSE, "Harbor"),
    "pharmacist": (Role.PHARMACIST, "Harbor"),
    "administrator": (Role.ADMINISTRATOR, ""),
}
BACKEND = "django.contrib.auth.backends.ModelBackend"
LEFT_OUT = re.compile(r"<(script|style|head)\b.*?</\1>", re.DOTALL | re.IGNORECASE)
TITLE = re.compile(r"<title>(.*?)</title>", re.DOTALL | re.IGNORECASE)
TAG = re.compile(r"<[^>]+>")
BETWEEN_WORDS = re.compile(r"</?(?:p|div|li|td|th|tr|h[1-6]|br|dt|dd|section|option|label|button|ul|ol|dl)\b[^>]*>")


@dataclass
class World:
    """One throw-away clinic: its people, its clock, and what the last acts made."""

    clock: Clock
    users: dict[str, User] = field(default_factory=dict)
    patients: list[int] = field(default_factory=list)
    proposal: int | None = None
    report: int | None = None
    page: str | None = None
    is_stale: bool = False
    """Whether somebody has acted since the clock last ran: its next look is only seconds away."""

    @property
    def patient(self) -> int:
        """The person in hand."""
        if not self.patients:
            raise CameOutDifferently("there is no patient yet")
        return self.patients[-1]

    def user(self, name: str) -> User:
        """The login of an actor; the caregiver has none, and the patient has one from the first patient on."""
        if name not in self.users:
            raise cannot(f"let “{name}” act") if name == "caregiver" else CameOutDifferently(f"nobody is “{name}”")
        return self.users[name]

    def call(self, by: str, method: str, path: str, body: object = None) -> HttpResponse:
        """One request of the API; a 5xx is never right."""
        sent = b"" if body is None else json.dumps(body, default=str).encode()
        answer = self.browser(by).generic(method, path, sent, content_type="application/json")
        return not_broken(answer, f"{method} {path}")

    def get(self, by: str, path: str) -> Any:
        """What an address of the API answers; ToldNo for a refusal."""
        return body_of(self.call(by, "GET", f"/api/{path}"))

    def rows(self, by: str, path: str) -> list[Any]:
        """All of a list."""
        parted = "&" if "?" in path else "?"
        rows: list[Any] = self.get(by, f"{path}{parted}page_size=200")["results"]
        return rows

    def post(self, by: str, path: str, body: object) -> Any:
        """An act over the API; what it answers, or ToldNo."""
        self.is_stale = True
        return body_of(self.call(by, "POST", f"/api/{path}", body))

    def browser(self, by: str) -> Client:
        """A browser that is signed in now."""
        client = somebody()
        client.force_login(self.user(by), backend=BACKEND)
        return client

    def look(self, by: str, path: str) -> str:
        """The text that a person reads on a page."""
        return text_of(not_broken(self.browser(by).get(path, follow=True), f"the page {path}"))

    def send(self, by: str, path: str, form: dict[str, Any]) -> str:
        """A form sent in a browser; the text of what it answers with, or ToldNo where the form came back."""
        self.is_stale = True
        answer = not_broken(self.browser(by).post(path, form, follow=True), f"the form {path}")
        self.page = text_of(answer)
        if answer.status_code >= 400:
            raise ToldNo(answer.status_code, self.page)
        return self.page

    def catch_up(self) -> None:
        """The clock has looked at what was done."""
        if self.is_stale:
            self.clock.tick()
            self.is_stale = False


@cache
def door() -> ClientHandler:
    """The service, set up once for every request."""
    return ClientHandler(enforce_csrf_checks=False)


def somebody() -> Client:
    """Somebody who is not signed in."""
    client = Client(raise_request_exception=False)
    client.handler = door()
    return client


def staffed(world: World) -> World:
    """The clinic's staff in their teams."""
    for name, (role, team) in STAFF.items():
        user = User.objects.create(
            username=name, role=role, first_name=name.title(), last_name="Story", email=f"{name}@clinic.example",
            password="!",
        )  # fmt: skip
        world.users[name] = user
        if team:
            made = CareTeam.objects.get_or_create(name=team)[0]
            CareTeamMember.objects.create(team=made, user=user, since=LONG_AGO)
    return world


def not_broken(answer: HttpResponse, what: str) -> HttpResponse:
    """The answer, if it is one."""
    if answer.status_code >= 500:
        raise CameOutDifferently(f"{what} broke with {answer.status_code}")
    return answer


def body_of(answer: HttpResponse) -> Any:
    """The JSON of an answer; ToldNo with its sentences for a refusal."""
    told = json.loads(answer.content) if answer.content else {}
    if answer.status_code < 400:
        return told
    raise ToldNo(answer.status_code, str(told.get("detail", "")))


def text_of(answer: HttpResponse) -> str:
    """A page as it is read: without tags, with its title."""
    page = answer.content.decode()
    titles = " ".join(TITLE.findall(page))
    words = TAG.sub("", BETWEEN_WORDS.sub(" ", LEFT_OUT.sub(" ", page)))
    return html.unescape(f"{titles} {words}")


def prescriptions(world: World, drug: str) -> list[dict[str, Any]]:
    """The prescriptions of a drug of the person in hand, the newest first."""
    found = world.rows("psychiatrist", f"prescriptions?patient={world.patient}")
    return [one for one in reversed(found) if same_drug(drug, one["drug_name"])]


def same_drug(said: str, named: str) -> bool:
    """Whether a name of the record is the drug that a story means; a story may give a brand."""
    known = library.resolve(name=said)
    names = {plain(said), plain(known.name)} if known else {plain(said)}
    return any(one in plain(named) or plain(named) in one for one in names)


def course_of(world: World, drug: str, wanted: Callable[[str], bool] = bool) -> dict[str, Any]:
    """The newest course of a drug whose state today is wanted; CameOutDifferently where there is none."""
    for one in prescriptions(world, drug):
        course: dict[str, Any] = world.get("psychiatrist", f"prescriptions/{one['id']}")
        if wanted(course["medication"]["state"]):
            return course
    raise CameOutDifferently(f"no {drug} on the chart")
