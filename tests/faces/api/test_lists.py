"""Lists: bounded pages in one order, known filters only, and as many queries whatever their length."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interactions.models import LocalChange, RescreenRun, SelftestRun
from medmgmt.actions import looks
from medmgmt.record import audit
from medmgmt.record.models import (
    Allergy,
    AmendmentRequest,
    AuditEntry,
    BreakGlass,
    CareTeam,
    CareTeamMember,
    Condition,
    ContactPoint,
    Disclosure,
    Encounter,
    ImportRemark,
    MonitoringOrder,
    Observation,
    OpenSession,
    Part2Consent,
    Programme,
    Role,
    SideEffectReport,
    StaffChange,
    Token,
    User,
)
from medmgmt.regimen import lexicon
from refills.models import Absence, Authorisation, Dispense, Reminder, Task
from tests import factories
from tests.faces.api.client import Api, done, fields, problem
from tests.faces.test_matrix import addresses

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


def patients(count: int) -> None:
    for number in range(count):
        factories.patient(f"P-{number:03}")


def prescriptions(count: int) -> None:
    for _ in range(count):
        factories.taking()


def side_effects(count: int) -> None:
    nurse = factories.bo()
    for number in range(count):
        SideEffectReport.objects.create(
            patient=factories.carla(),
            term=f"t{number}",
            severity="mild",
            began_on=date(2026, 5, 1),
            reporter=nurse,
            reporter_role=nurse.role,
        )


def dispenses(count: int) -> None:
    drug = factories.taking()
    for number in range(count):
        Dispense.objects.create(
            patient=drug.patient,
            prescription=drug,
            dispensed_on=date(2026, 3, 2) + timedelta(days=number),
            quantity=Decimal(30),
            unit="{tablet}",
            days_supply=30,
            recorded_by=factories.bo(),
        )


def reminders(count: int) -> None:
    drug = factories.taking()
    for number in range(count):
        Reminder.objects.create(
            patient=drug.patient,
            prescription=drug,
            kind="refill_7",
            channel="email",
            run_out_on=date(2027, 1, 1),
            local_date=date(2026, 12, 25),
            time_zone="America/New_York",
            key=f"k{number}",
            due_at=NOON,
            next_attempt_at=NOON,
        )


def tasks(count: int) -> None:
    before = Task.objects.count()
    for number in range(before, before + count):
        Task.objects.create(
            kind="other",
            key=f"t{number}",
            patient=factories.carla(),
            role="nurse",
            priority=1 + number % 4,
            rank=1 + number % 4,
            due_at=NOON,
            title="Look again",
        )


def observations(count: int) -> None:
    for number in range(count):
        Observation.objects.create(
            patient=factories.carla(),
            code="weight",
            value=Decimal(60 + number),
            observed_at=NOON,
            recorded_by=factories.bo(),
            **lexicon.coded("weight"),
        )


def encounters(count: int) -> None:
    for _ in range(count):
        Encounter.objects.create(patient=factories.carla(), kind="office", on=date(2026, 5, 1), by=factories.bo())


def monitoring_orders(count: int) -> None:
    for _ in range(count):
        MonitoringOrder.objects.create(
            patient=factories.carla(),
            code="qtc",
            what="QTc interval",
            due_on=date(2026, 12, 1),
            ordered_by=factories.adler(),
        )


def absences(count: int) -> None:
    for _ in range(count):
        Absence.objects.create(
            user=factories.bo(), since=NOON, until=NOON + timedelta(days=9999), told_by=factories.bo()
        )


def authorisations(count: int) -> None:
    drug = factories.taking()
    for _ in range(count):
        Authorisation.objects.create(
            patient=drug.patient,
            prescription=drug,
            issued_on=date(2026, 5, 1),
            quantity=Decimal(30),
            unit="{tablet}",
            days_supply=30,
            authorised_by=factories.adler(),
        )


def selftests(count: int) -> None:
    for _ in range(count):
        SelftestRun.objects.create(
            scope="in_use",
            at=NOON,
            by=factories.pia(),
            releases=[],
            mark="m",
            cases_sha256="c",
            to_find=2,
            found=2,
            to_stay_silent=1,
            nuisances=0,
            pending=0,
            categories=[],
            failures=[],
            milliseconds=5,
        )


def none_known(many: int) -> None:
    Allergy.objects.bulk_create(
        Allergy(patient=factories.carla(), substance="NKDA", kind="none_known", recorded_on=date(2026, 1, 1))
        for _ in range(many)
    )


def remarks(many: int) -> None:
    ImportRemark.objects.bulk_create(
        ImportRemark(patient=factories.carla(), kind="left_out", source_id=f"x/{many}/{number}", what="x", why="y")
        for number in range(many)
    )


def allergies(count: int) -> None:
    for _ in range(count):
        Allergy.objects.create(patient=factories.carla(), substance="penicillin", recorded_on=date(2026, 1, 1))


def conditions(count: int) -> None:
    for _ in range(count):
        Condition.objects.create(patient=factories.carla(), text="depression")


def contact_points(count: int) -> None:
    factories.carla()
    if count > 2:
        ContactPoint.objects.create(patient=factories.carla(), channel="sms", address="+15550100")


def entries(count: int) -> None:
    for _ in range(count):
        audit.record(factories.adler(), "test")


def looked_at(count: int) -> None:
    looks.look_into(factories.admin(), mrn=factories.carla().mrn, why="asked")
    for _ in range(count):
        audit.record(factories.adler(), "view_chart", patient_id=factories.carla().pk)
        audit.record(factories.bo(), "see", patients=[factories.carla().pk])


def rescreenings(count: int) -> None:
    for _ in range(count):
        RescreenRun.objects.create(before=[], after=[1], asked_at=timezone.now())


def local_changes(count: int) -> None:
    values = {"adds_rule": True, "severity": "major", "cases": [], "valid_from": date(2026, 1, 1)}
    for _ in range(count):
        LocalChange.objects.create(author=factories.pia(), reason="r", proposed_at=timezone.now(), **values)


def logins(count: int) -> list[User]:
    before = User.objects.count()
    return [factories.user(f"login{number}", Role.NURSE) for number in range(before, before + count)]


def login_changes(count: int) -> None:
    for each in logins(count):
        StaffChange.objects.create(
            user=each, kind="password", role_before=Role.NURSE, role=Role.NURSE, why="Lost.", asked_by=factories.admin()
        )


def teams(count: int) -> list[CareTeam]:
    before = CareTeam.objects.count()
    return [factories.team(f"Team {number}") for number in range(before, before + count)]


def memberships(count: int) -> None:
    for each in teams(count):
        CareTeamMember.objects.create(team=each, user=factories.bo(), since=NOON)


def tokens(count: int) -> None:
    before = Token.objects.count()
    for number in range(before, before + count):
        Token.objects.create(factories.bo(), name=f"ward {number}", scope="record", expiry=timedelta(days=9))


def open_sessions(count: int) -> None:
    before = OpenSession.objects.count()
    for number in range(before, before + count):
        OpenSession.objects.create(user=factories.bo(), session_key=f"key{number}", words="Firefox on Linux")


def part2_consents(count: int) -> None:
    admin = factories.admin()
    said = {"phone": "+1 555 0142", "marked_by": admin}
    made = Programme.objects.get_or_create(team=factories.team(), defaults=said)[0]
    for _ in range(count):
        Part2Consent.objects.create(
            patient=factories.carla(), programme=made, recipient="treating", purpose="treatment",
            given_on=date(2026, 5, 1), ends_with="She leaves the programme.", recorded_by=admin,
        )  # fmt: skip


def amendments(count: int) -> None:
    before = AmendmentRequest.objects.count()
    for number in range(before, before + count):
        AmendmentRequest.objects.create(
            patient=factories.carla(), way="paper", received_on=NOON.date(), what=f"{number}", why="y",
            by=factories.bo(),
        )  # fmt: skip


def disclosures(count: int) -> None:
    before = Part2Consent.objects.count()
    part2_consents(count)
    for consent in Part2Consent.objects.order_by("pk")[before:]:
        Disclosure.objects.create(
            patient=consent.patient, programme=consent.programme, consent=consent, to=factories.dorn(), on=NOON.date()
        )


def openings(count: int) -> None:
    dorn, begun = factories.dorn(), timezone.now()
    for _ in range(count):
        BreakGlass.objects.create(
            patient=factories.carla(), by=dorn, role=dorn.role, reason="Overdose.", opened_at=begun,
            until=begun + timedelta(hours=4),
        )  # fmt: skip


LISTS: dict[str, tuple[str, Callable[[int], object], int]] = {
    "patients/": ("bo", patients, 8),
    "prescriptions/": ("bo", prescriptions, 7),
    "proposals/": ("bo", prescriptions, 7),
    "side-effects/": ("bo", side_effects, 7),
    "dispenses/": ("bo", dispenses, 7),
    "reminders/": ("bo", reminders, 7),
    "tasks/": ("bo", tasks, 7),
    "patients/{carla}/observations/": ("bo", observations, 7),
    "patients/{carla}/allergies/": ("bo", allergies, 8),
    "patients/{carla}/allergies/none-known/": ("bo", none_known, 8),
    "patients/{carla}/import-remarks/": ("bo", remarks, 7),
    "patients/{carla}/conditions/": ("bo", conditions, 7),
    "patients/{carla}/contact-points/": ("bo", contact_points, 7),
    "patients/{carla}/enrolments/": ("bo", lambda _: None, 7),
    "patients/{carla}/encounters/": ("bo", encounters, 7),
    "patients/{carla}/monitoring-orders/": ("bo", monitoring_orders, 7),
    "authorisations/": ("bo", authorisations, 7),
    "absences/": ("bo", absences, 6),
    "selftests/": ("pia", selftests, 4),
    "audit/": ("admin", entries, 4),
    "audit/patients/{carla}/": ("admin", looked_at, 6),
    "portal/looks/": ("carla_user", looked_at, 7),
    "rules/": ("pia", lambda _: None, 4),
    "rescreenings/": ("pia", rescreenings, 4),
    "local-changes/": ("pia", local_changes, 4),
    "releases/": ("admin", lambda _: None, 4),
    "tokens/": ("bo", tokens, 3),
    "me/sessions/": ("bo", open_sessions, 3),
    "logins/": ("admin", logins, 3),
    "login-changes/": ("admin", login_changes, 3),
    "teams/": ("admin", teams, 3),
    "memberships/": ("admin", memberships, 3),
    "patients/{carla}/part2-consents/": ("bo", part2_consents, 7),
    "amendments/": ("bo", amendments, 8),
    "disclosures/": ("olga", disclosures, 6),
    "break-glass/": ("olga", openings, 6),
}
"""Address -> who asks, what makes it longer, and how many queries it may make however long it is."""


@pytest.mark.parametrize("address", LISTS)
def test_a_list_makes_as_many_queries_whatever_its_length(address: str) -> None:
    who, grow, most = LISTS[address]
    api = Api(getattr(factories, who)())
    path = address.format(carla=factories.carla().pk)
    api.get(path)
    counts, lengths = [], []
    for size in (2, 40):
        grow(size) if size == 2 else grow_further(grow, size)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            lengths.append(len(done(api.get(path + "?page_size=200"))["results"]))
        counts.append(len(queries))
    assert counts[0] == counts[1], [query["sql"][:90] for query in queries]
    assert counts[1] <= most, [query["sql"][:90] for query in queries]
    assert lengths[1] >= lengths[0]


def grow_further(grow: Callable[[int], object], size: int) -> None:
    """Forty more, without the keys of the two that are there."""
    Reminder.objects.all().delete()
    grow(size)


def test_every_list_is_measured() -> None:
    from tests.faces.api.declared import document

    listed = {
        path.removeprefix("/api/").replace("{patient_id}", "{carla}")
        for path, item in document()["paths"].items()
        if "page_size" in {parameter["name"] for parameter in item.get("get", {}).get("parameters", [])}
    }
    assert listed == set(LISTS)


def test_pages_cover_everything_once_in_one_order(bo: Api) -> None:
    patients(23)
    seen, path = [], "patients/?page_size=5"
    while path:
        page = done(bo.get(path))
        assert page["count"] == 23
        seen += [each["id"] for each in page["results"]]
        path = (page["next"] or "").removeprefix("http://testserver/api/")
    assert len(seen) == len(set(seen)) == 23


@pytest.mark.parametrize(
    "query", ["page_size=0", "page_size=201", "page_size=-1", "page_size=x", "page_size=", "page_size=9e9"]
)
def test_a_page_size_that_is_none(bo: Api, query: str) -> None:
    assert fields(bo.get(f"patients/?{query}")) == {"page_size"}


def test_a_page_that_is_none(bo: Api) -> None:
    for page in ("0", "-1", "last", "1.5", "9" * 30, "", "\u0661"):
        assert fields(bo.get(f"patients/?page={page}")) == {"page"}
    problem(bo.get("patients/?page=2"), 404, "not-found")


@pytest.mark.parametrize(
    ("query", "wrong"),
    [
        ("side-effects/?patient=x", "patient"),
        ("side-effects/?patient=99999999999999999999", "patient"),
        ("side-effects/?patient=1.5", "patient"),
        ("side-effects/?patient=-1", "patient"),
        ("side-effects/?severity=purple", "severity"),
        ("side-effects/?severity=%00", "severity"),
        ("side-effects/?began_from=yesterday", "began_from"),
        ("side-effects/?began_from=2026-02-30", "began_from"),
        ("reminders/?state=%ff", "state"),
        ("tasks/?state=lost", "state"),
        ("tasks/?mine=perhaps", "mine"),
        ("drugs/", "q"),
        ("drugs/?q=%00", "q"),
        ("drugs/?q=" + "x" * 101, "q"),
        ("drugs/?q=a&limit=51", "limit"),
    ],
)
def test_a_filter_that_understands_nothing_is_named(bo: Api, query: str, wrong: str) -> None:
    assert fields(bo.get(query)) == {wrong}


def test_filters_narrow(bo: Api, adler: Api) -> None:
    side_effects(3)
    patient = factories.carla().pk
    assert done(bo.get(f"side-effects/?patient={patient}"))["count"] == 3
    assert done(bo.get("side-effects/?patient=987654"))["count"] == 0
    assert done(bo.get("side-effects/?severity=severe"))["count"] == 0
    assert done(bo.get("side-effects/?began_from=2026-05-01&began_until=2026-05-01"))["count"] == 3
    assert done(bo.get("side-effects/?began_until=2026-04-30"))["count"] == 0
    assert done(bo.get("side-effects/?is_over=true"))["count"] == 0
    assert done(bo.get("side-effects/?is_over=false"))["count"] == 3
    prescriptions(2)
    assert done(adler.get("proposals/?status=signed&kind=start"))["count"] == 2
    assert done(adler.get("proposals/?status=proposed"))["count"] == 0
    assert done(adler.get("prescriptions/?rxcui=36437&free_text=false"))["count"] == 2


def test_a_worklist_is_in_order_of_urgency_and_filters(bo: Api) -> None:
    tasks(8)
    assert [task["priority"] for task in done(bo.get("tasks/"))["results"]] == [1, 1, 2, 2, 3, 3, 4, 4]
    assert done(bo.get("tasks/?kind=refill_request"))["count"] == 0
    assert done(bo.get("tasks/?mine=true"))["count"] == 0
    assert done(bo.get("tasks/?due_until=2026-05-01"))["count"] == 0


def test_a_stranger_lists_nothing_of_ours(dorn: Api) -> None:
    for grow in (prescriptions, side_effects, dispenses, tasks):
        grow(2)
    for address in ("patients/", "prescriptions/", "proposals/", "side-effects/", "dispenses/", "reminders/", "tasks/"):
        assert done(dorn.get(address))["count"] == 0, address


def test_the_order_of_every_list_ends_with_what_no_two_rows_share() -> None:
    """Rows that are equal in the order may change places between two pages: one is shown twice, the other never."""
    orders = {
        name: view.cls.get.operation.order
        for name, _here, view in addresses()
        if getattr(getattr(getattr(view, "cls", None), "get", None), "operation", None)
    }
    assert sum(bool(order) for order in orders.values()) >= 22
    loose = {name: order for name, order in orders.items() if order and order[-1] not in ("id", "-id", "rule_id")}
    assert not loose


def test_a_filter_given_twice_or_misspelt_is_refused(bo: Api) -> None:
    assert fields(bo.get("tasks/?late=true&late=false")) == {"late"}
    assert fields(bo.get("tasks/?pateint=1")) == {"pateint"}


def test_whoever_looks_through_a_list_of_patients_leaves_a_trace(bo: Api) -> None:
    patients(3)
    done(bo.get("patients/"))
    done(bo.post("patients/search/", {"search": "P-001"}))
    seen = AuditEntry.objects.filter(act="see", actor=factories.bo()).order_by("id")
    assert [entry.object_id for entry in seen] == ["api:patients", "api:search-patients"]
    assert [len(entry.detail["named"]) for entry in seen] == [3, 1]


def test_a_list_that_shows_nobody_leaves_no_trace(bo: Api) -> None:
    done(bo.get("patients/"))
    done(bo.post("patients/search/", {"search": "nobody of that name"}))
    assert not AuditEntry.objects.exists()


def test_the_audit_trail_is_narrowed_to_one_person_and_to_the_last_day_asked_for(admin: Api) -> None:
    for who in (factories.adler(), factories.bo(), factories.bo()):
        audit.record(who, "test")
    bo = factories.bo().pk
    assert [entry["actor"] for entry in done(admin.get(f"audit/?actor={bo}"))["results"]] == [bo, bo]
    day = timezone.now().astimezone(UTC).date()
    assert done(admin.get(f"audit/?actor={bo}&at_until={day - timedelta(days=2)}"))["count"] == 0
    assert done(admin.get(f"audit/?actor={bo}&at_from={day + timedelta(days=2)}"))["count"] == 0


def test_a_message_about_several_medicines_is_in_the_list_of_each(bo: Api) -> None:
    one, other, third = factories.taking(), factories.taking("lithium", 6448), factories.taking("trazodone", 10737)
    message = Reminder.objects.create(
        patient=one.patient, kind="refill_7", channel="email", local_date=date(2026, 12, 25), key="both",
        time_zone="America/New_York", due_at=NOON, next_attempt_at=NOON,
    )  # fmt: skip
    for drug in (one, other):
        message.items.create(
            prescription=drug, kind="refill_7", about_type="prescription", about_id=str(drug.pk), day=date(2027, 1, 1)
        )
    found = {
        drug: [row["id"] for row in done(bo.get(f"reminders/?prescription={drug.pk}"))["results"]]
        for drug in (one, other, third)
    }
    assert found == {one: [message.pk], other: [message.pk], third: []}


def test_what_is_dangerous_stands_above_what_is_only_due_earlier(bo: Api) -> None:
    shared = {"kind": "other", "patient": factories.carla(), "role": "nurse", "title": "Look again"}
    early = Task.objects.create(key="early", rank=4, due_at=NOON, **shared)
    urgent = Task.objects.create(key="urgent", rank=1, due_at=NOON + timedelta(days=3), **shared)
    assert [task["id"] for task in done(bo.get("tasks/"))["results"]] == [urgent.pk, early.pk]
