"""The cast can be made."""

import pytest
from medmgmt.record import access, audit
from tests import factories as f


@pytest.mark.django_db
def test_smoke():
    p = f.carla()
    f.carla_user()
    f.admin()
    f.pia()
    f.bo()
    f.stranger()
    f.taking()
    assert access.patient_for(f.adler(), "view_chart", p.pk) == p
    assert access.patient_for(f.carla_user(), "view_own", p.pk) == p
    assert access.patient_for(f.adler(), "sign", p.pk, lock=True) == p
    assert audit.verify() == []
