"""What an error tells: the rule that forbids, never what the house looks like inside."""

from datetime import date

import pytest
from django.test import Client

from medmgmt import problems
from refills.errors import RefillRefused
from refills.supply.controlled import Reason, Refusal


def test_what_nobody_foresaw_tells_nothing_of_its_inside() -> None:
    found = problems.describe(ValueError("Carla takes lithium"))
    assert (found.status, found.type) == (500, "/problems/server-error")
    assert "Carla" not in str(found.as_json())


def test_a_refused_fill_names_every_rule_that_forbids_it() -> None:
    error = RefillRefused([Refusal(Reason.LIMITED, day=date(2026, 12, 1), limit=7, source="Risk.")])
    found = problems.describe(error)
    assert found.extra["rules"] == error.rules != []
    assert "2026-12-01" in found.detail


@pytest.mark.django_db
@pytest.mark.parametrize(("address", "is_document"), [("/api/nowhere/", True), ("/nowhere/", False)])
def test_a_program_is_refused_in_a_document_and_a_person_on_a_page(
    client: Client, address: str, is_document: bool
) -> None:
    answer = client.get(address)
    assert answer.status_code >= 300
    assert answer.headers["Content-Type"].startswith(problems.MEDIA_TYPE) is is_document
