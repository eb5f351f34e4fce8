"""Every list of the site, read by every role: exactly these rows, and none of the decoys."""

import json
import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from interactions import models as interactions
from medmgmt.record import models as record
from refills import models as refills
from tests.faces import decoys
from tests.faces.lists import NOT_LISTS, TABLE, WITHOUT
from tests.faces.test_matrix import PEOPLE, addresses, path_of, rows, sessions

pytestmark = pytest.mark.django_db
ROOMS = (record, refills, interactions)


@dataclass(frozen=True)
class Line:
    """One line of the table: an address, how its rows are known, and who sees which; who is not named is refused."""

    name: str
    query: str
    what: str
    seen: dict[str, set[str]]

    @property
    def is_list(self) -> bool:
        """Whether it is a list of the API, whose pages are counted."""
        return " " not in self.what and self.what != "words" and not self.what.startswith("=")

    def address(self, templates: dict[str, str], ids: dict[str, Any]) -> str:
        """Where it is asked, with the numbers of this clinic in it."""
        query = [self.query.format(**ids)] if self.query else []
        query += ["page_size=200"] if self.is_list else []
        return path_of(templates[self.name], ids) + ("?" + "&".join(query) if query else "")


def expected() -> list[Line]:
    """The table of lists.py, line by line."""
    lines = []
    for text in TABLE.strip().replace("\n    ", " ").splitlines():
        address, what, *cells = [part.strip() for part in text.split(" | ")]
        seen: dict[str, set[str]] = {}
        for cell in cells:
            people, _colon, names = cell.partition(":")
            seen |= {who: set(names.split()) for who in people.split()}
        name, _mark, query = address.partition("?")
        lines.append(Line(name, query, what, seen))
    return lines


def shown_in(body: bytes, line: Line, clinic: decoys.Clinic) -> set[str]:
    """The names of what an answer shows: its rows, the links to rows, a number in it, or the words on its page."""
    if line.is_list:
        return listed(json.loads(body), names_of(line.what, clinic))
    if line.what.startswith("="):
        found = json.loads(body)[line.what[1:]]
        return {str(found if isinstance(found, int) else len(found))}
    text = body.decode()
    if line.what == "words":
        words = clinic.words() - set(WITHOUT.get(line.name, "").split())
        return {word for word in words if re.search(rf"(?<![\w.@]){re.escape(word)}(?!\w)", text)}
    table, _at, pattern = line.what.partition(" at ")
    names = names_of(table, clinic)
    return {names.get(int(number), f"nameless-{number}") for number in re.findall(pattern, text)}


def listed(page: dict[str, Any], names: dict[int, str]) -> set[str]:
    """The names of the rows of a page of the API, and whether each of them stands there once and is counted."""
    ids = [row["id"] for row in page["results"]]
    found = {names.get(number, f"nameless-{number}") for number in ids}
    whole = {number for number, name in names.items() if name in found}
    is_counted = len(ids) == len(set(ids)) == page["count"] == len(whole)
    return found if is_counted else {*found, "miscounted"}


def names_of(table: str, clinic: decoys.Clinic) -> dict[int, str]:
    """The names of the rows of a table; of the audit trail the patients whom an entry is about, all in one word."""
    model = next(getattr(room, table) for room in ROOMS if hasattr(room, table))
    if model is not record.AuditEntry:
        return clinic.names[model]
    patients, about = clinic.names[record.Patient], dict[int, set[str]]()
    named = dict(model.objects.values_list("pk", "patient_id"))
    among = record.AuditPatient.objects.values_list("entry_id", "patient_id")
    for pk, of in [*named.items(), *among]:
        about.setdefault(pk, set()).update({patients[of]} if of in patients else ())
    return {pk: "#" + ("+".join(sorted(names)) or "nobody") for pk, names in about.items()}


def test_every_address_that_is_read_is_a_list_with_a_line_or_none() -> None:
    read = {name.split()[0] for name in rows() if name.endswith(" GET")}
    lists, others = {line.name for line in expected()}, set(NOT_LISTS.split())
    assert lists | others == read
    assert not lists & others


def test_every_list_of_the_api_has_a_line() -> None:
    views = {name: view.cls for name, _here, view in addresses() if name.startswith("api:") and hasattr(view, "cls")}
    handlers = {name: getattr(view, "get", None) for name, view in views.items()}
    operations = {name: getattr(handler, "operation", None) for name, handler in handlers.items()}
    lists = {name for name, operation in operations.items() if operation and operation.is_list}
    assert len(lists) >= 22
    assert lists == {line.name for line in expected() if line.is_list}


def test_every_list_shows_everybody_exactly_what_is_theirs_to_see() -> None:
    clinic, wrong = decoys.build(), []
    keys, templates = sessions(clinic.world), {name: here for name, here, _view in addresses()}
    answers: dict[tuple[str, str], bytes | None] = {}
    for line in expected():
        address = line.address(templates, clinic.ids)
        for who in line.seen if line.query else PEOPLE:
            if (address, who) not in answers:
                answers[address, who] = asked(address, keys.get(who))
            body = answers[address, who]
            found = None if body is None else shown_in(body, line, clinic)
            if found != line.seen.get(who):
                wrong.append(
                    f"{line.name}?{line.query} {line.what} {who}: {told(found)}, not {told(line.seen.get(who))}"
                )
    assert not wrong, "\n".join(wrong)


def test_a_search_by_name_finds_nobody_but_ones_own_patients() -> None:
    clinic = decoys.build()
    keys = sessions(clinic.world)
    for who, known in {
        "adler": "Castillo Park",
        "bo": "Castillo Park",
        "pia": "Castillo Park",
        "dorn": "Stein",
    }.items():
        for name in clinic.names[record.Patient].values():
            client = Client()
            client.cookies[settings.SESSION_COOKIE_NAME] = keys[who]
            page = client.post("/patients/", {"q": name}, follow=True).content.decode()
            found = client.post("/api/patients/search/", {"search": name}, "application/json").json()["results"]
            is_known = name in known.split()
            assert ('<th scope="row"' in page) == is_known, (who, name)
            assert [one["family_name"] for one in found] == ([name] if is_known else []), (who, name)


def told(names: set[str] | None) -> str:
    """The names in words."""
    return "refused" if names is None else " ".join(sorted(names)) or "nothing"


ONE = Client()
"""Each client sets up its own middleware, which takes longer than most answers."""


def asked(address: str, session: str | None) -> bytes | None:
    """What is answered; None where the person is refused or sent elsewhere."""
    ONE.cookies.clear()
    if session is not None:
        ONE.cookies[settings.SESSION_COOKIE_NAME] = session
    response = ONE.get(address)
    assert response.status_code in (200, 302, 401, 403, 404), (address, response.status_code)
    if response.status_code != 200:
        return None
    body = b"".join(response) if response.streaming else response.content
    return with_the_rest(body, session) if "page_size" in address else body


def with_the_rest(body: bytes, session: str | None) -> bytes:
    """A page of the API with the rows of the pages that follow it."""
    page = json.loads(body)
    if page["next"]:
        rest = asked(page["next"].removeprefix("http://testserver"), session)
        assert rest is not None
        page["results"] += json.loads(rest)["results"]
    return json.dumps(page).encode()
