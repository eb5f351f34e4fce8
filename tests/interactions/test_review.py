"""A review: what is kept of a check, what is new, who answers, and what still waits."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interactions import answers, library, releases, review
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.errors import AlreadyAnswered, NoSuchFinding, NotAnAnswer, UnansweredFindings
from interactions.models import Answer, Finding, Release, Review, Rule
from medmgmt.record.models import DosageChange, Status
from tests import factories
from tests.interactions.conftest import licensed

DAY = date(2026, 3, 2)


def regimen(*names: str, day: date = DAY, **facts: Any) -> Regimen:
    known = library.current()
    drugs = []
    for ref, name in enumerate(names, start=1):
        entry = library.resolve(name, among=known)
        drugs.append(Drug(str(ref), name, entry.key if entry else None, route="PO"))
    return Regimen(day, tuple(drugs), Facts(**facts))


def proposed() -> DosageChange:
    return factories.change(factories.prescription(drug_name="tramadol", rxcui=10689))


def run(
    *after: Regimen, before: tuple[Regimen, ...] = (), change: DosageChange | None = None, moment: str = "propose"
) -> Review:
    return review.run(
        patient_id=factories.carla().pk,
        change_id=change.pk if change else None,
        by_id=factories.adler().pk,
        moment=moment,
        before=before,
        after=after,
    ).review


def answer(finding: Finding, **values: Any) -> Answer:
    said = {"reason_code": "benefit_outweighs", "note": "ECG on Friday", "follow_up_on": DAY, **values}
    findings = answers.of_card(finding.pk)
    return answers.give(findings, factories.adler().pk, answers.Said(**said), {})[0]


@pytest.mark.django_db
def test_new_findings_stand_apart_from_standing_ones(shipped_release: Release) -> None:
    found = run(regimen("sertraline", "ibuprofen", "tramadol"), before=(regimen("sertraline", "ibuprofen"),))
    marked = {tuple(one.drugs): one.is_new for one in found.findings.all()}
    assert marked["sertraline", "tramadol"] is True
    assert marked["ibuprofen", "sertraline"] is False


@pytest.mark.django_db
def test_a_raised_severity_is_new_again(shipped_release: Release) -> None:
    with_facts = {"age_years": 40, "sodium": 139}
    before = regimen("sertraline", "hydrochlorothiazide", **with_facts)
    after = regimen("sertraline", "hydrochlorothiazide", **{**with_facts, "sodium": 130})
    (finding,) = run(after, before=(before,)).findings.all()
    assert (finding.severity, finding.is_new) == ("major", True)


@pytest.mark.django_db
def test_every_day_is_checked_and_each_finding_has_its_first_day(shipped_release: Release) -> None:
    later, latest = DAY + timedelta(days=7), DAY + timedelta(days=14)
    found = run(
        regimen("sertraline", "tramadol", day=latest),
        regimen("sertraline", day=DAY),
        regimen("sertraline", "tramadol", day=later),
    )
    (finding,) = found.findings.all()
    assert finding.first_day == later
    assert [day["day"] for day in found.regimen] == ["2026-03-02", "2026-03-09", "2026-03-16"]


@pytest.mark.django_db
def test_the_review_names_its_releases_and_keeps_what_each_said(shipped_release: Release, tmp_path: Path) -> None:
    release = licensed(tmp_path, "36437,10689,contraindicated")
    releases.activate(release.pk, by_id=None)
    found = run(regimen("sertraline", "tramadol"))
    assert set(found.releases.all()) == {shipped_release, release}
    finding = found.findings.get()
    assert finding.severity == "contraindicated"
    assert {(grade["label"], grade["severity"], grade["released_on"]) for grade in finding.sources} == {
        ("medmgmt", "major", shipped_release.released_on.isoformat()),
        ("Licensed", "contraindicated", "2026-01-01"),
    }
    assert found.scope == f"Checked against {shipped_release} and Licensed 1 of 2026-01-01."


@pytest.mark.django_db
def test_every_pair_has_a_state_with_its_scope(shipped_release: Release) -> None:
    found = run(regimen("sertraline", "tramadol", "metformin", "a herbal tea"))
    by_state: dict[str, list[dict[str, str]]] = {}
    for pair in found.coverage:
        by_state.setdefault(pair["state"], []).append(pair)
    assert {state: len(pairs) for state, pairs in by_state.items()} == {
        "finding": 1,
        "nothing_on_record": 2,
        "not_checked": 3,
    }
    assert {pair["scope"] for pair in by_state["nothing_on_record"]} == {f"nothing on record in {shipped_release}"}
    assert {"refs": ["4"], "what": "a herbal tea", "why": "the active knowledge does not know this name"} in (
        found.not_checked
    )
    assert "no interactions" not in repr((found.scope, found.coverage)).lower()


@pytest.mark.django_db
def test_a_pair_keeps_its_loudest_state_over_all_days(shipped_release: Release) -> None:
    stopped = Drug("2", "lorazepam", "lorazepam", route="PO", stopped_on=DAY)
    quiet = Regimen(DAY + timedelta(days=1), (Drug("1", "olanzapine", "olanzapine", route="PO"), stopped))
    found = run(regimen("olanzapine", "lorazepam"), quiet)
    (pair,) = found.coverage
    assert (pair["state"], pair["day"]) == ("finding", "2026-03-02")


@pytest.mark.django_db
def test_without_an_active_release_the_review_says_that_nothing_was_checked() -> None:
    found = run(regimen("sertraline", "tramadol"))
    assert found.scope == "Not checked: no release of interaction knowledge is in use."
    assert {pair["state"] for pair in found.coverage} == {"not_checked"}
    assert {entry["why"] for entry in found.not_checked} == {"no knowledge release is active"}


@pytest.mark.django_db
def test_missing_files_of_a_release_stand_in_the_scope_of_every_review(shared: Path, db: None) -> None:
    from interactions import importing

    files = sorted((shared / "datasets" / "ddinter" / "raw").glob("*.csv"))
    release = importing.import_ddinter(files, importing.Choices(released_on=DAY)).release
    releases.activate(release.pk, by_id=None)
    found = run(regimen("sertraline", "tramadol"))
    assert "its files C, G, J, M, N, S are missing" in found.scope
    assert [pair["state"] for pair in found.coverage] == ["not_checked"]


@pytest.mark.django_db
def test_an_unanswered_major_finding_is_not_clear_and_an_answer_makes_it_so(shipped_release: Release) -> None:
    found = run(regimen("sertraline", "tramadol", "ibuprofen"))
    waiting = review.unanswered(found.pk)
    assert {finding.severity for finding in waiting} <= {"major", "contraindicated"}
    assert waiting
    with pytest.raises(UnansweredFindings) as refused:
        review.require_clear(found.pk)
    assert refused.value.findings == tuple(waiting)
    while waiting := review.unanswered(found.pk):
        answer(waiting[0])
    review.require_clear(found.pk)


@pytest.mark.django_db
def test_a_review_without_anything_serious_is_clear(shipped_release: Release) -> None:
    review.require_clear(run(regimen("sertraline", "metformin")).pk)


@pytest.mark.django_db
def test_an_answer_speaks_for_the_same_finding_of_a_later_review(shipped_release: Release) -> None:
    first = run(regimen("sertraline", "tramadol"))
    given = answer(review.unanswered(first.pk)[0])
    second = run(regimen("tramadol", "sertraline"), moment="sign")
    assert review.unanswered(second.pk) == []
    found = second.findings.get()
    assert review.answers_for(factories.carla().pk, [found]) == {found.key: given}
    assert review.answers_for(factories.stranger().pk, [found]) == {}


@pytest.mark.django_db
def test_an_answer_does_not_speak_for_a_raised_severity(shipped_release: Release, tmp_path: Path) -> None:
    answer(review.unanswered(run(regimen("sertraline", "tramadol")).pk)[0])
    releases.activate(licensed(tmp_path, "36437,10689,contraindicated").pk, by_id=None)
    again = run(regimen("sertraline", "tramadol"))
    assert [finding.severity for finding in review.unanswered(again.pk)] == ["contraindicated"]


@pytest.mark.django_db
def test_an_answer_given_for_a_withdrawn_proposal_speaks_for_nothing(shipped_release: Release) -> None:
    change = proposed()
    given = answer(review.unanswered(run(regimen("sertraline", "tramadol"), change=change).pk)[0])
    assert review.answers_of(change.pk) == [given.pk]
    DosageChange.objects.filter(pk=change.pk).update(
        status=Status.WITHDRAWN, withdrawn_by=factories.adler(), withdrawn_at=factories.LONG_AGO, withdrawn_note="no"
    )
    again = run(regimen("sertraline", "tramadol"), change=proposed())
    assert len(review.unanswered(again.pk)) == 1


@pytest.mark.django_db
def test_the_second_answer_comes_too_late(shipped_release: Release) -> None:
    change = proposed()
    finding = review.unanswered(run(regimen("sertraline", "tramadol"), change=change).pk)[0]
    answer(finding)
    with pytest.raises(AlreadyAnswered):
        answer(finding)
    same = run(regimen("sertraline", "tramadol"), change=change, moment="sign").findings.get()
    with pytest.raises(AlreadyAnswered):
        answer(same)
    assert Answer.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values", [{"reason_code": "because"}, {"reason_code": "other", "note": "  "}, {"note": "x" * 5000}]
)
def test_an_answer_gives_a_coded_reason_and_where_needed_a_note(
    shipped_release: Release, values: dict[str, str]
) -> None:
    finding = run(regimen("sertraline", "tramadol")).findings.get()
    with pytest.raises(NotAnAnswer):
        answer(finding, **values)
    assert not Answer.objects.exists()


@pytest.mark.django_db
def test_there_is_no_answer_to_a_finding_that_is_not_there() -> None:
    with pytest.raises(NoSuchFinding):
        answers.of_card(4711)


@pytest.mark.django_db
def test_reviews_findings_and_answers_are_for_ever(shipped_release: Release) -> None:
    given = answer(run(regimen("sertraline", "tramadol")).findings.get())
    acts = [
        lambda: Answer.objects.update(note="changed"),
        lambda: Answer.objects.all().delete(),
        lambda: Finding.objects.update(severity="minor"),
        lambda: Finding.objects.filter(pk=given.finding_id).delete(),
        lambda: Review.objects.update(scope="changed"),
        lambda: Release.objects.all().delete(),
        lambda: Rule.objects.all().delete(),
    ]
    for act in acts:
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.django_db
def test_an_answer_belongs_to_the_patient_and_the_key_of_its_finding(shipped_release: Release) -> None:
    finding = run(regimen("sertraline", "tramadol")).findings.get()
    values = {"finding": finding, "by": factories.adler(), "at": factories.LONG_AGO, "follow_up_on": DAY}
    for wrong in ({"patient": factories.stranger(), "key": finding.key}, {"patient": factories.carla(), "key": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Answer.objects.create(reason_code="will_monitor", **values, **wrong)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "half",
    [
        {"overlap_verdict": "never"},
        {"overlap_verdict": "never", "overlap_days": 3},
        {"overlap_verdict": "as_high", "overlap_days": 3, "overlap_from": DAY},
        {"overlap_verdict": "as_high", "overlap_from": DAY, "overlap_to": DAY},
        {"overlap_verdict": "lower", "overlap_days": 2, "overlap_from": DAY, "overlap_to": DAY - timedelta(days=1)},
        {"overlap_days": 0},
    ],
)
def test_what_was_taken_together_is_told_whole_or_refused(shipped_release: Release, half: dict[str, Any]) -> None:
    found = run(regimen("sertraline", "tramadol"), change=proposed()).findings.get()
    fine = {"patient_id": found.review.patient_id, "key": found.key, "by": factories.adler(), "at": timezone.now()}
    said = {**fine, "finding": found, "reason_code": "tolerated_before", "follow_up_on": DAY}
    with pytest.raises(IntegrityError, match="told_whole"), transaction.atomic():
        Answer.objects.create(**said, **half)
    assert Answer.objects.create(**said, overlap_verdict="never", overlap_days=0).pk


@pytest.mark.django_db
def test_the_newest_review_of_a_change_and_of_what_is_really_taken(shipped_release: Release) -> None:
    patient, change = factories.carla(), proposed()
    assert review.latest(change.pk) is None
    run(regimen("sertraline"), change=change)
    second = run(regimen("sertraline"), change=change, moment="sign")
    assert review.latest(change.pk) == second
    assert review.latest_of_patient(patient.pk) is None, "a proposal is not what is taken"
    signed = factories.change(factories.prescription(), signed_at=factories.LONG_AGO)
    third = run(regimen("sertraline"), change=signed, moment="sign")
    assert review.latest_of_patient(patient.pk) == third
    screened = run(regimen("sertraline"), moment="screen")
    assert review.latest_of_patient(patient.pk) == screened


@pytest.mark.django_db
def test_the_queries_of_a_review_do_not_grow_with_its_findings(shipped_release: Release) -> None:
    few, many = (
        regimen("sertraline", "tramadol"),
        regimen("sertraline", "tramadol", "lithium", "ibuprofen", "clozapine"),
    )
    change = proposed()
    counts = []
    for taken in (few, many):
        with CaptureQueriesContext(connection) as queries:
            run(taken, taken, change=change)
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.django_db
def test_no_name_of_the_patient_is_kept_with_a_review(shipped_release: Release) -> None:
    found = run(regimen("sertraline", "tramadol"))
    assert "Carla" not in repr((found.regimen, found.coverage, found.not_checked))
    assert found.regimen[0]["drugs"][0]["key"] == "sertraline"


@pytest.mark.django_db
def test_an_answer_speaks_for_the_same_dose_bands_and_facts_only(shipped_release: Release) -> None:
    patient = factories.carla()
    found = run(regimen("sertraline", "tramadol")).findings.get()
    answer(found)
    same, other = (patient.pk, found.key, found.context), (patient.pk, found.key, f"{found.context}|egfr<30")
    assert review.unanswered_keys([same, other]) == {other}
    changed = Finding(key=found.key, context=other[2])
    assert review.answers_for(patient.pk, [changed]) == {}
    assert list(review.answers_for(patient.pk, [found])) == [found.key]


@pytest.mark.django_db
def test_findings_of_problems_that_hang_together_on_any_day_stand_on_one_card(shipped_release: Release) -> None:
    """Two pairs of one problem that share a drug are one card, though they begin on different days."""
    first = regimen("citalopram", "sertraline")
    later = regimen("citalopram", "sertraline", "fluoxetine", day=DAY + timedelta(days=7))
    found = run(first, later).findings.filter(kind="duplicate_therapy")
    assert found.count() > 1
    assert len({one.card for one in found}) == 1


@pytest.mark.django_db
def test_a_screening_asks_nobody_about_what_a_screening_has_told_since_and_about_all_else(
    shipped_release: Release,
) -> None:
    def asked(found: Review) -> tuple[int, str, str]:
        [finding] = found.findings.filter(severity__in=review.STOPS)
        return found.patient_id, finding.key, finding.context

    told = run(regimen("sertraline", "tramadol"), moment="screen")
    proposal = run(regimen("lithium", "ibuprofen"), moment="propose")
    taken = regimen("fluvoxamine", "tizanidine")
    standing = run(taken, before=(taken,), moment="screen")
    every = [asked(told), asked(proposal), asked(standing)]
    assert review.unanswered_keys(every) == set(every)
    assert review.unanswered_keys(every, screened_since=told.at) == {asked(proposal), asked(standing)}
    assert review.unanswered_keys(every, screened_since=told.at + timedelta(seconds=1)) >= {asked(told)}


@pytest.mark.django_db
def test_after_a_withdrawn_proposal_a_screening_asks_again(shipped_release: Release) -> None:
    change = proposed()
    [finding] = review.unanswered(run(regimen("sertraline", "tramadol"), change=change).pk)
    answer(finding)
    asked = (factories.carla().pk, finding.key, finding.context)
    assert review.unanswered_keys([asked]) == set()
    DosageChange.objects.filter(pk=change.pk).update(
        status=Status.WITHDRAWN, withdrawn_by=factories.adler(), withdrawn_at=factories.LONG_AGO, withdrawn_note="no"
    )
    assert review.unanswered_keys([asked]) == {asked}


@pytest.mark.django_db
def test_of_several_answers_to_the_same_finding_the_newest_is_the_one_that_speaks(shipped_release: Release) -> None:
    for note in ("ECG on Friday", "ECG was normal"):
        found = run(regimen("sertraline", "tramadol"), change=proposed()).findings.get()
        answer(found, note=note)
    assert review.answers_for(factories.carla().pk, [found])[found.key].note == "ECG was normal"


@pytest.mark.django_db
def test_a_finding_of_the_same_change_in_another_context_is_answered_anew(shipped_release: Release) -> None:
    change, held = proposed(), library.loaded()
    first = run(regimen("sertraline", "tramadol"), change=change).findings.get()
    answer(first)
    draft = review.draft(
        held, set(), [regimen("sertraline", "tramadol")], patient_id=factories.carla().pk, change_id=change.pk,
        by_id=None, moment="sign",
    )  # fmt: skip
    for drafted in draft.findings:
        drafted.context = f"{drafted.context}|egfr<30"
    [kept] = review.keep(held, [draft])
    assert answer(kept.findings.get()).context != first.context


@pytest.mark.django_db
def test_a_standing_finding_that_a_change_does_not_touch_stops_no_signature(shipped_release: Release) -> None:
    found = run(regimen("sertraline", "tramadol", "metformin"), before=(regimen("sertraline", "tramadol"),))
    assert found.findings.filter(severity__in=review.STOPS).exists()
    assert review.unanswered(found.pk) == review.without_answer(found.findings.all()) == []


@pytest.mark.django_db
def test_an_answer_to_a_card_says_nothing_of_what_was_folded_away(shipped_release: Release) -> None:
    held, after = library.loaded(), [regimen("sertraline", "tramadol", "ibuprofen")]
    draft = review.draft(
        held, set(), after, patient_id=factories.carla().pk, change_id=None, by_id=None, moment="propose"
    )  # fmt: skip
    for drafted in draft.findings:
        drafted.card = "one card"
    draft.findings[-1].severity = "minor"
    [kept] = review.keep(held, [draft])
    first, *others = kept.findings.order_by("id")
    assert answers.of_card(first.pk) == [first, *others[:-1]]
