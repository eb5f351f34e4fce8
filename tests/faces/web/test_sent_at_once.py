"""A double click is two requests at the same moment; on PostgreSQL they really are."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client

from medmgmt.record.models import SideEffectReport
from tests import factories as cast
from tests.faces.web.world import today


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_one_form_sent_twice_at_the_same_moment_one_report_is_kept_and_both_are_led_to_it() -> None:
    patient, bo = cast.carla(), cast.bo()
    typed = {"once": "z9", "term": "Tremor", "severity": "mild", "began_on": today().isoformat()}

    def send(_number: int) -> str:
        try:
            client = Client()
            client.force_login(bo, backend="django.contrib.auth.backends.ModelBackend")
            return str(client.post(f"/patients/{patient.pk}/side-effects/new/", typed)["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        led_to = set(pool.map(send, range(4)))
    assert SideEffectReport.objects.count() == 1
    assert led_to == {f"/side-effects/{SideEffectReport.objects.get().pk}/"}
