"""Figures and moments beyond all bounds, and a registration whose session ended: a sentence, and nothing lost."""

from urllib.parse import unquote

import pytest
from django.test import Client

from medmgmt.record.models import Observation, Patient
from tests import factories as cast
from tests.faces.web.world import World

pytestmark = pytest.mark.page


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"value": "9" * 60}, "error-summary"),
        ({"observed_at": "0001-01-01T00:00:00Z"}, "before the patient was born"),
        ({"observed_at": "1880-05-05T08:00"}, "before the patient was born"),
        ({"observed_at": "9999-12-31T23:59:59Z"}, "in the future"),
    ],
)
def test_what_nobody_can_have_measured_is_refused_in_a_sentence(
    world: World, as_bo: Client, typed: dict[str, str], says: str
) -> None:
    seen = Observation.current(world.carla.pk)[0]
    before = Observation.objects.count()
    told = {"code": "weight", "value": "70", "observed_at": "2026-11-20T10:00", **typed}
    page = as_bo.post(f"/patients/{world.carla.pk}/observations/new/", told)
    assert page.status_code in (400, 409, 422)
    assert says in page.content.decode()
    page = as_bo.post(f"/patients/{world.carla.pk}/observations/{seen.pk}/correct/", told)
    assert page.status_code in (400, 409, 422)
    assert Observation.objects.count() == before


def test_a_registration_sent_after_the_session_has_ended_comes_back_filled(world: World) -> None:
    client = Client()
    typed = {"mrn": "N-77", "given_name": "Nils", "family_name": world.carla.family_name, "sex": "male",
             "birth_date": world.carla.birth_date.isoformat(), "language": "en", "time_zone": "UTC"}  # fmt: skip
    to = unquote(client.post("/patients/new/", typed)["Location"].removeprefix("/sign-in/?next="))
    page = client.post("/sign-in/", {"username": "adler", "password": cast.PASSWORD, "next": to}, follow=True)
    text = page.content.decode()
    assert page.status_code == 200
    assert ("Nothing has been saved yet" in text, 'value="N-77"' in text, 'value="Nils"' in text) == (True, True, True)
    assert not Patient.objects.filter(mrn="N-77").exists()
