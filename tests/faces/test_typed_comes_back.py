"""Every form that a person types into stands filled again after the session ended while they typed."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from medmgmt.actions import knowledge, rescreening
from tests import factories
from tests.actions import orders
from tests.faces import world as worlds
from tests.faces.test_matrix import PEOPLE, expected, path_of, rows
from tests.interactions.conftest import licensed

pytestmark = pytest.mark.django_db
WORDS = 'She "saw" it <b>twice</b> & once more'
SAVED_NOTHING = {"en": "Nothing has been saved yet.", "es": "Todavía no se ha guardado nada."}
SAYS = {
    "": "authorise correct_observation count cover enrol new_observation renewal",
    "given_name": "register update_patient",
    "why": "cancel decide_rule lift_limit limit merge_charts postpone reassign release_gate revoke several void_fill "
    "ask_factors ask_password ask_role begin_membership clear_lock correct_login decline_staff_change end_membership "
    "look_into make_inactive new_login close_account extend_amendment",
    "note": "answer answer_screening change correct_side_effect cosign decline decline_cosignature my_side_effect "
    "new_dispense new_encounter new_side_effect start withdraw "
    "judge_break_glass",
    "text": "comment new_condition",
    "what": "my_amendments new_amendment",
    "words": "answer_amendment",
    "q": "patients rules staff knowledge_drugs",
    "remark": "knowledge_drug",
    "name": "messages my_messages rename_team teams",
    "address": "contact",
    "phone": "programmes",
    "reaction": "new_allergy",
    "meant": "code_allergy",
    "reason": "break_glass new_rule",
    "outcome": "done",
}
"""In which field the words stand, by address; the first have none but numbers, days and choices."""
TYPED = {name: {field: WORDS} if field else {} for field, names in SAYS.items() for name in names.split()}
HELPER = {"act": "add_caregiver", "channel": "email", "address": "m@x.example", "covers": "refills"}
BESIDE = {
    "messages": HELPER,
    "my_messages": HELPER,
    "correct_login": {"email": "n@x.example"},
    "several": {"back": "/tasks/?whose=team"},
    "start": {"step": "propose", "drug_name": "tramadol", "line": "50 mg daily"},
}
"""What is sent with them beside what the matrix sends."""
ANEW = {"review", "back", "adds_rule"}
"""What nobody typed, and what the page that is shown says itself."""
NO_WORDS = {
    "sign_in", "sign_out", "language", "reminder", "stop_messages", "calendar", "hook",
    "sign", "ask_cosignature", "order_monitoring", "ask_for_refill", "tell_taken", "dismiss_remark", "claim", "release",
    "notice", "withdraw_absence", "revoke_token", "renewals", "switch_release", "selftest",
    "ask_passkey", "session", "recovery_codes", "forget_device", "remove_factor", "confirm_staff_change",
    "end_break_glass", "revoke_my_consent", "revoke_part2_consent", "close_own_account",
}  # fmt: skip
"""What is sent without a session; and buttons, ticks and lists to choose from."""


class Filled(HTMLParser):
    """Name and value of everything that would be sent from the forms of a page."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.found: set[tuple[str, str]] = set()
        self.inside = self.text = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        if tag in ("select", "textarea"):
            self.inside, self.text = values["name"], ""
        is_tick = values.get("type") in ("radio", "checkbox")
        if tag == "button" or (tag == "input" and (not is_tick or "checked" in values)):
            self.found.add((values.get("name", ""), values.get("value", "on")))
        if tag == "option" and "selected" in values:
            self.found.add((self.inside, values["value"]))

    def handle_data(self, text: str) -> None:
        self.text += text

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self.found.add((self.inside, self.text.strip()))


def places(world: worlds.World, table: Path) -> dict[str, dict[str, Any]]:
    """By address the numbers that differ from the matrix: a card that a screening shows, a change for two people."""
    knowledge.activate(factories.pia(), licensed(table, "28439,6809,Major").pk)
    for drug, rxcui in (("metformin", 6809), ("lamotrigine", 28439), ("phenelzine", 8123)):
        factories.taking(drug, rxcui)
    rescreening.catch_up()
    while rescreening.work():
        pass
    adler = Client()
    adler.force_login(factories.adler(), backend="django.contrib.auth.backends.ModelBackend")
    shown = adler.get(f"/patients/{world.patient.pk}/screening/").context["cards"]
    for_two = {"change_id": orders.start(factories.adler(), "fluoxetine").change.pk}
    return {
        "answer": {"change_id": world.ids["risky"]},
        "answer_screening": {"finding_id": shown[0].card.finding.pk},
        "cosign": for_two,
        "decline_cosignature": for_two,
    }


def test_every_form_that_changes_something_is_tried_below_or_holds_no_words() -> None:
    table = {row.removeprefix("web:"): letters for row, letters in expected().items() if row.startswith("web:")}
    acts = {row.split()[0] for row, letters in table.items() if row.endswith(" POST")
            and letters != table[row.replace(" POST", " GET")]}  # fmt: skip
    assert acts <= set(TYPED) | NO_WORDS
    assert not set(TYPED) & NO_WORDS


def test_every_form_stands_filled_again_where_the_session_had_ended_and_in_the_patients_own_language(
    tmp_path: Path,
) -> None:
    world, letters, templates, lost = worlds.build(), expected(), rows(), {}
    world.patient.language = "es"
    world.patient.save()
    elsewhere = places(world, tmp_path)
    for name, typed in TYPED.items():
        ids = {**world.ids, "kind": "hold", "decision": "reject", **elsewhere.get(name, {})}
        who = next(who for who, letter in zip(PEOPLE, letters[f"web:{name} POST"], strict=True) if letter in "ry")
        sent = {**world.forms.get(name, {}), **BESIDE.get(name, {}), **typed}
        path = path_of(templates[f"web:{name} POST"][0], ids)
        text, filled = after_signing_in(world.people[who].username, path, sent)
        missing = {(field, str(value)) for field, value in sent.items() if field not in ANEW} - filled
        said = SAVED_NOTHING["es" if who == "carla" else "en"]
        if missing or said not in text:
            lost[name] = (who, missing, said in text)
    assert lost == {}


def after_signing_in(username: str, path: str, sent: dict[str, Any]) -> tuple[str, set[tuple[str, str]]]:
    """Sends a form without a session and signs in where that leads: the page after it, and what stands in its forms."""
    client = Client()
    asked = unquote(client.post(path, sent)["Location"].removeprefix("/sign-in/?next="))
    signed_in = {"username": username, "password": factories.PASSWORD, "next": asked}
    page = client.post("/sign-in/", signed_in, follow=True)
    return page.content.decode(), Filled(page.content).found
