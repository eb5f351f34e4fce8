"""A side effect over HTTP: whoever sends it is answered with what to do now where it cannot wait."""

import pytest

from medmgmt.record.models import Patient
from tests import factories
from tests.faces.api.client import Api, done

pytestmark = pytest.mark.usefixtures("knowledge")


def report(**values: str) -> dict[str, object]:
    return {
        "patient": factories.carla().pk,
        "term": "Chest pain",
        "severity": "mild",
        "began_on": "2026-05-01",
        **values,
    }


def test_the_patient_is_told_in_her_own_language_what_to_do_now_and_whom_to_call(carla: Api) -> None:
    Patient.objects.filter(pk=factories.carla().pk).update(language="es")
    told = done(carla.post("side-effects/", report(term="me duele el pecho")), 201)
    assert told["call"] == ["911", "988"]
    assert [sentence.startswith("El dolor de pecho") for sentence in told["what_to_do_now"]] == [True]


def test_the_nurse_reads_what_was_heard_and_what_the_staff_does(bo: Api) -> None:
    made = done(bo.post("side-effects/", report()), 201)
    [flag] = done(bo.get(f"side-effects/{made['id']}/"))["red_flags"]
    assert (flag["flag_id"], flag["label"]) == (made["red_flags"][0], "Chest pain")
    assert flag["action"]


def test_a_mild_effect_is_answered_without_any_of_it(bo: Api) -> None:
    told = done(bo.post("side-effects/", report(term="Dry mouth", note="no chest pain")), 201)
    assert (told["red_flags"], told["what_to_do_now"], told["call"]) == ([], [], [])
