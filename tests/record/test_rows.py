"""What the rows of the record say of themselves: a change is settled once and read back whole, nothing is printed."""

from datetime import timedelta
from decimal import Decimal

import pytest

from medmgmt.record.errors import Conflict
from medmgmt.record.models import DosageChange, Kind, Observation
from tests import factories
from tests.record.rows import (
    NOW,
    SEAL,
    allergy,
    assignment,
    audit_entry,
    change,
    condition,
    contact,
    membership,
    observation,
    report,
    request,
    signed,
    suspect,
    withdrawn,
)

pytestmark = pytest.mark.django_db


def test_a_proposed_change_is_signed_once():
    made, again = change(), DosageChange.objects.get()
    made.sign(by_id=factories.adler().pk, at=NOW, seal=SEAL)
    assert (made.status, made.signed_by, made.signed_at) == ("signed", factories.adler(), NOW)
    with pytest.raises(Conflict):
        again.sign(by_id=factories.brandt().pk, at=NOW, seal=SEAL)
    with pytest.raises(Conflict):
        again.withdraw(by_id=factories.brandt().pk, at=NOW)
    again.refresh_from_db()
    assert again.signed_by == factories.adler()


def test_a_withdrawn_change_says_by_whom_when_and_why():
    made = withdrawn()
    read = DosageChange.objects.get(pk=made.pk)
    assert (read.status, read.withdrawn_by, read.withdrawn_at) == ("withdrawn", factories.adler(), NOW)
    assert read.withdrawn_note == made.withdrawn_note == "not needed"


def test_a_value_that_was_taken_back_counts_no_more_and_nor_does_the_one_before_it():
    kept, wrong = observation(), observation(value=Decimal(700))
    observation(corrects=wrong, value=Decimal(700), entered_in_error=True)
    assert list(Observation.current(kept.patient_id)) == [kept]
    assert list(Observation.current_of([kept.patient_id, 0])) == [kept]
    assert not Observation.current(factories.stranger().pk).exists()


def test_a_change_reads_back_as_the_sig_that_was_written():
    as_needed = factories.sig("0.5", timing="PRN", as_needed=True, max_per_day=Decimal(3))
    every = factories.sig("156", route="IM", timing="every_n_days", every_days=28)
    for written in (factories.sig("12.3456"), as_needed, every):
        made = factories.change(factories.prescription(), sig=written, old_sig=written)
        read = DosageChange.objects.get(pk=made.pk)
        assert read.sig == read.old_sig == written
    stop = DosageChange.objects.get(pk=factories.change(factories.prescription(), Kind.STOP).pk)
    assert stop.sig is None
    assert stop.old_sig is None


def test_a_change_is_a_step_whose_order_is_that_of_signing():
    to = factories.prescription()
    first = factories.change(to, signed_at=NOW)
    second = factories.change(to, Kind.NEW_DOSE, signed_at=NOW + timedelta(microseconds=1))
    proposed = factories.change(to, Kind.NEW_DOSE)
    assert first.step.order < second.step.order < proposed.step.order
    assert (first.step.ref, first.step.kind, first.step.effective_on) == (first.pk, "start", first.effective_on)


def test_nothing_in_the_record_shows_a_name_or_a_drug_when_printed():
    rows = [
        factories.carla(), factories.carla_user(), contact(), factories.carla().enrolments.get(), observation(),
        allergy(), condition(), signed(), signed().prescription, report(), suspect(), audit_entry(), request(),
        membership(), assignment(),
    ]  # fmt: skip
    for row in rows:
        for secret in ("carla", "castillo", "sertraline", "tremor", "penicillin", "depression", "555", "@"):
            assert secret not in f"{row} {row!r}".lower()
