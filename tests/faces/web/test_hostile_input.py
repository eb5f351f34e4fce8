"""Whatever is typed or sent, a page answers in a sentence; nothing breaks and nothing is kept by half."""

from collections import Counter
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from django.test import Client

from interactions.models import Finding
from medmgmt.record.models import Observation, User
from tests import factories as cast
from tests.faces.web.world import World

pytestmark = pytest.mark.page

TEXTS = ("\x00", "\u202e<script>alert(1)</script>", "x" * 5000, "🎈\ud83d")
NUMBERS = ("", "NaN", "-1", "1e400", "9" * 60, "0.00000000001")
DAYS = ("", "0001-01-01", "9999-12-31", "2026-02-30")
MOMENTS = ("", "0001-01-01T00:00", "9999-12-31T23:59", "2026-03-08T02:30")
NUMERIC = (
    "amount",
    "every_days",
    "max_per_day",
    "rxcui",
    "first_supply_days",
    "value",
    "quantity",
    "days_supply",
    "version",
)
GOOD = {
    "amount": "50", "unit": "mg", "route": "PO", "timing": "daily", "effective_on": "2026-11-21",
    "reason_code": "titration", "term": "Tremor", "severity": "mild",
    "began_on": "2026-11-20", "code": "weight", "value": "70",
    "observed_at": "2026-11-20T10:00", "substance": "latex", "kind": "allergy", "text": "Insomnia", "icd10cm": "F51.01",
    "dispensed_on": "2026-11-20", "quantity": "30", "days_supply": "30", "level": "outpatient",
    "starts_on": "2026-11-21",
    "channel": "email", "address": "a@b.example", "given_name": "A", "family_name": "B", "birth_date": "1990-01-01",
    "sex": "female", "language": "en", "time_zone": "America/New_York", "mrn": "H-1", "version": "1", "q": "lithium",
    "drug_name": "tramadol", "rxcui": "10689", "step": "propose", "note": "n", "outcome": "o", "why": "w",
    "follow_up_on": "2026-12-01", "on": "2026-11-20", "onset_on": "2020-01-01",
}  # fmt: skip


def forms_of(world: World) -> dict[str, tuple[str, ...]]:
    """Every address that takes a form, with what may be typed there."""
    patient, drug = f"/patients/{world.carla.pk}", f"/prescriptions/{world.lithium.pk}"
    finding = Finding.objects.filter(review__change=world.proposal).earliest("pk")
    seen = Observation.current(world.carla.pk)[0]
    sig = ("amount", "unit", "route", "timing", "every_days", "as_needed", "max_per_day")
    change = ("effective_on", "reason_code", "prompt", "plan", "note")
    return {
        "/patients/": ("q",),
        "/patients/new/": ("mrn", "given_name", "birth_date", "sex", "time_zone", "team_id", "once"),
        f"{patient}/details/": ("given_name", "birth_date", "language", "time_zone", "version"),
        f"{patient}/level-of-care/": ("level", "starts_on"),
        f"{patient}/contact/": ("channel", "address"),
        f"{patient}/observations/new/": ("code", "value", "value_code", "observed_at"),
        f"{patient}/observations/new/?code=hunter": ("code", "value_code", "observed_at"),
        f"{patient}/visits/new/": ("kind", "on", "note"),
        f"{patient}/observations/{seen.pk}/correct/": ("value", "value_code", "observed_at", "entered_in_error"),
        f"{patient}/screening/{finding.pk}/answer/": ("reason_code", "follow_up", "note", "follow_up_on"),
        f"{patient}/allergies/new/": ("substance", "kind", "reaction", "severity"),
        f"{patient}/conditions/new/": ("text", "icd10cm", "onset_on"),
        f"{patient}/prescribe/": (
            "step",
            "pick",
            "q",
            "drug_name",
            "rxcui",
            "strength",
            "first_supply_days",
            *sig,
            *change,
        ),
        f"{patient}/side-effects/new/": ("term", "severity", "began_on", "ended_on", "outcome", "note", "once"),
        f"{drug}/new_dose/": (*sig, *change),
        f"{drug}/stop/": change,
        f"{drug}/fills/new/": ("dispensed_on", "quantity", "unit", "days_supply", "note"),
        f"/changes/{world.proposal.pk}/findings/{finding.pk}/answer/": (
            "reason_code",
            "follow_up",
            "note",
            "follow_up_on",
        ),
        f"/changes/{world.proposal.pk}/withdraw/": ("note",),
        f"/side-effects/{world.report.pk}/correct/": ("term", "severity", "began_on", "outcome"),
    }


def attempts(world: World) -> Iterator[tuple[str, str, str]]:
    """Address, field and what is put into it; everything else on the form is good."""
    for address, names in forms_of(world).items():
        for name in names:
            for wrong in wrong_for(name):
                yield address, name, wrong


def wrong_for(name: str) -> tuple[str, ...]:
    """What a field of this name may be made to swallow."""
    if name.endswith(("_on", "_date")) or name == "on":
        return DAYS
    if name == "observed_at":
        return MOMENTS
    return NUMBERS if name in NUMERIC else TEXTS


def test_nothing_that_can_be_sent_breaks_a_page(world: World, browser: Callable[[User], Client]) -> None:
    client = browser(cast.adler())
    client.raise_request_exception = False
    broken, seen = [], Counter[int]()
    for address, name, wrong in attempts(world):
        typed = {**GOOD, "team_id": str(cast.team().pk), name: wrong}
        body = urlencode(typed, errors="surrogatepass")
        fragment = {"HX-Request": "true"} if name == "q" else {}
        answer = client.post(address, body, content_type="application/x-www-form-urlencoded", headers=fragment)
        seen[answer.status_code] += 1
        if answer.status_code >= 500:
            broken.append((address, name, wrong[:30], answer.status_code))
    assert not broken
    assert seen[422] > seen[302] > 0


def test_a_form_with_a_thousand_fields_too_many_is_refused_without_naming_our_inside(
    world: World, browser: Callable[[User], Client]
) -> None:
    typed = {f"field{number}": "x" for number in range(1100)}
    answer = browser(cast.bo()).post(f"/patients/{world.carla.pk}/allergies/new/", typed)
    assert answer.status_code == 400
    assert "DATA_UPLOAD" not in answer.content.decode()
