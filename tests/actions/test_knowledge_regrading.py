"""A derivation or an added-up risk gets another grade here: never hidden, and the card says which change did it."""

from datetime import timedelta
from typing import Any

import pytest

from interactions import changes, library, releases, rescreening
from interactions.engine import cases
from interactions.errors import CasesFailed, NotARule
from interactions.models import LocalChange, RescreenRun
from medmgmt.actions import knowledge as actions_knowledge
from medmgmt.actions import rescreening as actions
from tests import factories
from tests.actions import orders
from tests.actions.test_knowledge import said
from tests.actions.test_rescreening import taking

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
FOUR = ("sertraline", "tramadol", "mirtazapine", "trazodone")
TRAMADOL, TRAZODONE = 10689, 10737


@pytest.fixture(autouse=True)
def _nothing_waits(knowledge: None) -> None:
    actions.work()


def regrade(code: str, severity: str, *cases: str, **values: Any) -> LocalChange:
    """Pia wants what is worked out under this code to have another grade; Adler says yes."""
    wanted = actions_knowledge.Wanted(
        of_code=code, severity=severity, reason="Seen weekly here.", cases=cases, **values
    )
    change = actions_knowledge.propose(factories.pia(), wanted)
    return actions_knowledge.approve(factories.adler(), change.pk)


def graded(code: str, *drugs: str) -> list[tuple[str, str]]:
    """Severity and citation of what this code says of the drugs."""
    return [
        (one["severity"], source["citation"])
        for one in said(*drugs)
        for source in one["sources"]
        if source["rule"] == code
    ]


def test_a_derivation_on_two_drugs_is_regraded_and_says_by_which_change() -> None:
    assert [severity for severity, _told in graded("D04", "tramadol", "trazodone")] == ["moderate"]
    change = regrade("D04", "major", "tramadol + trazodone => major", a="tramadol", b="trazodone")
    ((severity, told),) = graded("D04", "tramadol", "trazodone")
    assert severity == "major"
    assert f"Here major instead of moderate: Seen weekly here. (change {change.pk} of this clinic)" in told
    assert [severity for severity, _told in graded("D04", "mirtazapine", "tramadol")] != ["major"]
    actions_knowledge.end(factories.pia(), change.pk, why="no longer")
    actions_knowledge.end(factories.adler(), change.pk, why="")
    assert [severity for severity, _told in graded("D04", "tramadol", "trazodone")] == ["moderate"]


def test_a_class_on_one_side_speaks_for_its_members() -> None:
    drugs = ("fluoxetine", "paroxetine", "terbinafine", "bupropion")
    assert {graded("D01", drug, "carvedilol")[0][0] for drug in drugs} == {"moderate"}
    regrade("D01", "minor", "fluoxetine + carvedilol => minor", a="set:cyp2d6_strong_inhibitors", b="carvedilol")
    assert {graded("D01", drug, "carvedilol")[0][0] for drug in drugs} == {"minor"}
    assert graded("D01", "fluoxetine", "haloperidol")[0][0] == "moderate"


def test_an_added_up_risk_is_regraded_for_everybody() -> None:
    assert [severity for severity, _told in graded("C04", *FOUR)] == ["major"]
    change = regrade("C04", "moderate", " + ".join(FOUR) + " => moderate")
    ((severity, told),) = graded("C04", *FOUR)
    assert severity == "moderate"
    assert f"(change {change.pk} of this clinic)" in told
    actions.work()


def test_what_is_known_of_the_person_still_moves_the_given_grade() -> None:
    def qt(**patient: Any) -> str:
        case = {"id": "1", "as_of": "2026-11-21", "patient": patient,
                "current_meds": [{"drug": "escitalopram"}, {"drug": "mirtazapine"}],
                "labs": [{"name": "potassium", "value": 3.0, "unit": "mmol/L", "date": "2026-11-20"}]
                if patient.get("low") else []}  # fmt: skip
        patient.pop("low", None)
        found = cases.review(case, library.current())["findings"]
        return str(next(one["severity"] for one in found if one["sources"][0]["rule"] == "D05"))

    usual, raised = qt(age=40), qt(age=40, low=True)
    assert (usual, raised) == ("moderate", "major")
    regrade("D05", "minor", "escitalopram + mirtazapine => minor", a="escitalopram", b="mirtazapine")
    assert (qt(age=40), qt(age=40, low=True)) == ("minor", "moderate")


def test_a_code_that_no_case_brings_up_is_refused_with_what_speaks_instead() -> None:
    with pytest.raises(NotARule, match=r"No case brings up D01\. What its cases bring up now: PR072"):
        regrade("D01", "minor", "sertraline + tramadol => minor", a="sertraline", b="tramadol")


def test_nothing_that_is_worked_out_is_hidden() -> None:
    for severity in ("", "ungraded", "none"):
        with pytest.raises(NotARule):
            regrade("D04", severity, "tramadol + trazodone => minor", a="tramadol", b="trazodone")


def test_its_case_is_tried_before_it_goes_live() -> None:
    with pytest.raises(CasesFailed, match="expected contraindicated, found major by medmgmt D04"):
        regrade("D04", "major", "tramadol + trazodone => contraindicated", a="tramadol", b="trazodone")


def test_only_who_takes_both_is_looked_at_again_and_the_loud_are_told() -> None:
    carla = factories.carla()
    taking(carla, ("tramadol", TRAMADOL), ("trazodone", TRAZODONE), amount="300")
    taking(factories.patient("P-1"), ("tramadol", TRAMADOL))
    regrade("D04", "major", "tramadol + trazodone => major", a="tramadol", b="trazodone")
    actions.work()
    run = RescreenRun.objects.latest("id")
    assert (run.touched, run.screened, run.new_findings, run.tasks) == (1, 1, 1, 1)


def test_a_grade_for_any_drugs_concerns_everybody() -> None:
    taking(factories.carla(), ("metformin", 6809))
    before = [one.pk for one in releases.active()]
    regrade("C04", "moderate", " + ".join(FOUR) + " => moderate")
    after = [one.pk for one in releases.active()]
    concern = rescreening.concerned(changes.between(before, after), before, after)
    assert concern.everybody


def test_it_begins_on_its_day() -> None:
    later = orders.today() + timedelta(days=3)
    regrade("D04", "major", "tramadol + trazodone => major", a="tramadol", b="trazodone", valid_from=later)
    assert [severity for severity, _told in graded("D04", "tramadol", "trazodone")] == ["moderate"]
    LocalChange.objects.update(valid_from=orders.today())
    actions_knowledge.keep_dates()
    assert [severity for severity, _told in graded("D04", "tramadol", "trazodone")] == ["major"]
