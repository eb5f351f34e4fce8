"""Everything on record about a patient leaves, in as many queries whatever it is, and nothing of anybody else."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from pypdf import PdfReader

from medmgmt.exporting import as_json, as_pdf
from medmgmt.exporting.labels import LABELS
from medmgmt.exporting.reading import Export, plan
from medmgmt.exporting.sections import EXCUSED, KEPT_OUT, SECTIONS
from medmgmt.record import audit
from medmgmt.record.models import BreakGlass, Encounter, Observation, Patient, User
from refills.models import CalendarFeed
from tests import factories
from tests.faces import decoys

pytestmark = pytest.mark.django_db


def exported(by: User | None = None) -> Export:
    return Export(
        factories.carla(), by or factories.adler(), timezone.now(), "The court asked for it.", ("Mind this.",)
    )


def document(export: Export) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(b"".join(as_json.pieces(export)))
    return told


def printed(export: Export) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in PdfReader(io.BytesIO(as_pdf.document(export))).pages]


def leads_to_a_patient(model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()) -> bool:
    """Whether a row is about a patient: by its own column, or by those of a row that it belongs to. A login is nobody's
    chart, but for the patient's own."""
    related = {one.related_model for one in model._meta.concrete_fields if one.related_model is not None}
    if model is Patient or Patient in related:
        return True
    further = [one for one in related if isinstance(one, type) and one not in seen | {User, model}]
    return any(leads_to_a_patient(one, seen | {model}) for one in further)


def test_every_table_that_leads_to_a_patient_is_exported_or_excused_with_a_reason() -> None:
    told, excused = {one.model for one in SECTIONS}, set(EXCUSED)
    there = {one for one in apps.get_models(include_auto_created=True) if leads_to_a_patient(one)}
    assert there - told - excused == set()
    assert (told | excused) - there == set()
    assert all(EXCUSED.values())
    assert told & excused == set()


def test_every_column_of_an_exported_table_is_told_or_kept_out_with_a_reason() -> None:
    wrong = {}
    for section in SECTIONS:
        told = {path.split("__")[0] for _name, path, _is_person in plan(section)[1]}
        columns = {one.name for one in section.model._meta.concrete_fields}
        if columns - told - set(KEPT_OUT) - set(section.kept_out):
            wrong[section.name] = columns - told
    assert wrong == {}
    assert len({one.name for one in SECTIONS}) == len(SECTIONS)
    assert set(LABELS) <= {name for section in SECTIONS for name, _path, _is_person in plan(section)[1]}


def test_everything_of_carla_and_nothing_of_anybody_else_leaves() -> None:
    clinic = decoys.build()
    said = json.dumps(document(exported()), ensure_ascii=False)
    for word in ("Castillo", "C-1001", "sertraline", "tramadol", "stoppedol", "withdrawnol", "laterol"):
        assert word in said
    for word in ("Park", "P-3003", "patazine", "Stein", "samazine", "Leftfield", "leftazine"):
        assert word not in said
    assert clinic.world.patient.pk == document(exported())["identity"][0]["id"]


def test_no_secret_leaves() -> None:
    feed = CalendarFeed.objects.create(patient=factories.carla())
    secret = factories.carla_user().password
    said = json.dumps(document(exported(factories.carla_user())))
    assert str(feed.public_id) not in said
    assert secret not in said


def test_what_was_refuted_voided_or_withdrawn_leaves_too() -> None:
    decoys.build()
    told = document(exported())
    assert {one["status"] for one in told["dosage_changes"]} == {"proposed", "signed", "withdrawn"}
    assert told["complete"] is True
    assert told["notices"] == ["Mind this."]


def more(number: int) -> None:
    carla, bo = factories.carla(), factories.bo()
    now = timezone.now()
    Encounter.objects.bulk_create(
        Encounter(patient=carla, by=bo, kind="office", on=now.date(), note=f"Visit {one}") for one in range(number)
    )
    Observation.objects.bulk_create(
        Observation(patient=carla, recorded_by=bo, code="weight", value=70, unit="kg", observed_at=now - timedelta(one))
        for one in range(number)
    )


def queries(export: Export) -> int:
    with CaptureQueriesContext(connection) as seen:
        b"".join(as_json.pieces(export))
    return len(seen)


def test_a_long_chart_needs_as_many_queries_as_a_short_one() -> None:
    export = exported()
    short = queries(export)
    more(450)
    assert queries(export) == short == len(SECTIONS)
    with CaptureQueriesContext(connection) as seen:
        as_pdf.document(export)
    assert len(seen) == len(SECTIONS)
    assert len(document(export)["encounters"]) == 450


def test_the_first_piece_comes_before_anything_is_read() -> None:
    export = exported()
    with CaptureQueriesContext(connection) as seen:
        first = next(as_json.pieces(export))
    assert b'"format": "medmgmt-chart"' in first
    assert len(seen) == 0


def test_the_pdf_says_on_each_page_whose_it_is_and_of_which_day_and_which_page() -> None:
    more(80)
    pages = printed(exported())
    assert len(pages) > 2
    for number, words in enumerate(pages, 1):
        assert "Castillo" in words
        assert "C-1001" in words
        assert f"Page {number} of {len(pages)}" in words
    assert "Mind this." in pages[0]
    assert "End of the record." in pages[-1]


def test_the_pdf_prints_the_newest_of_very_many_and_says_so() -> None:
    more(as_pdf.MOST + 5)
    words = " ".join(printed(exported()))
    assert "The newest 300 are printed" in words
    assert f"Visit {as_pdf.MOST + 4}" in words


@pytest.mark.parametrize(
    "odd",
    ["x" * 20_000, "word " * 3000, "\u202eabc\u2066 שלום عربى", "Ωμέγα Привет", "🙂 中文 \ud83d", "a\tb\r\nc\x0b",
     "{nb}",
     "**bold** __u__", "\ufdd0\U000fffff"],
)  # fmt: skip
def test_no_text_however_odd_stops_the_pdf(odd: str) -> None:
    paper = as_pdf.Paper(odd[:200], "1 Dec 2026")
    paper.add_page()
    paper.line_of(odd)
    read = PdfReader(io.BytesIO(bytes(paper.output())))
    assert len(read.pages) >= 1
    if odd == "Ωμέγα Привет":
        assert odd in read.pages[0].extract_text()


def test_the_patients_pdf_is_in_the_patients_language() -> None:
    with translation.override("es"):
        words = " ".join(printed(exported(factories.carla_user())))
    assert "Medicamentos" in words
    assert "Fin del expediente." in words
    assert "Who this is" not in words


def test_why_somebody_opened_it_in_an_emergency_leaves_for_the_patient_only_where_the_site_shows_it(
    settings: Any,
) -> None:
    carla, now = factories.carla(), timezone.now()
    BreakGlass.objects.create(patient=carla, by=factories.dorn(), role="psychiatrist", reason="Found unconscious.",
                              opened_at=now, until=now + timedelta(hours=4))  # fmt: skip
    mine = exported(factories.carla_user())
    audit.record(factories.dorn(), "break_glass", patient_id=carla.pk, why="Found unconscious.")
    audit.record(factories.bo(), "export_chart", patient_id=carla.pk, why="The court.")
    assert [one["why"] for one in document(mine)["who_has_looked"]] == ["", "The court."]
    assert document(mine)["emergency_openings"][0]["reason"] == ""
    assert document(exported())["emergency_openings"][0]["reason"] == "Found unconscious."
    settings.BREAK_GLASS_REASON_SHOWN = True
    assert document(mine)["emergency_openings"][0]["reason"] == "Found unconscious."
