"""How soon each kind of task must be done: by the site's own hours, over weekends, holidays and clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.management.base import CommandError
from hypothesis import HealthCheck, given
from hypothesis import settings as searching
from hypothesis import strategies as st

from medmgmt.management.commands import serve
from refills.models import TaskKind
from refills.worklist import service_levels, site_hours
from refills.worklist.service_levels import BadLevel
from refills.worklist.site_hours import BadHours, Hours

DATA = Path(__file__).resolve().parents[3] / "data"
NEW_YORK = ZoneInfo("America/New_York")
HEAD = "what,key,opens,closes,reason,source\n"
LEVEL_HEAD = (DATA / "service_levels.csv").read_text(encoding="utf-8").splitlines()[0] + "\n"


def shipped(zone: str = "America/New_York", *more: Path) -> Hours:
    return site_hours.load(zone, [DATA / "site_hours.csv", *more])


def at(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("opened", "hours", "due"),
    [
        ("2026-11-18T10:00", 4, "2026-11-18T14:00"),
        ("2026-11-18T15:00", 4, "2026-11-19T10:00"),
        ("2026-11-20T16:00", 9, "2026-11-23T16:00"),
        ("2026-11-21T12:00", 9, "2026-11-23T17:00"),
        ("2026-11-25T16:00", 2, "2026-11-27T09:00"),
        ("2026-07-02T16:00", 2, "2026-07-06T09:00"),
        ("2026-12-24T16:30", 1, "2026-12-28T08:30"),
        ("2026-03-06T16:00", 9, "2026-03-09T16:00"),
        ("2026-10-30T16:00", 9, "2026-11-02T16:00"),
    ],
    ids=["same day", "overnight", "weekend", "opened on a Saturday", "Thanksgiving", "4 July observed on the 3rd",
         "Christmas on a Friday", "clocks go forward", "clocks go back"],
)  # fmt: skip
def test_working_hours_skip_nights_weekends_and_holidays(opened: str, hours: int, due: str) -> None:
    assert shipped().after(at(opened), timedelta(hours=hours)) == at(due)


def test_hours_of_the_clock_skip_nothing() -> None:
    saturday = at("2026-11-21T12:00")
    severe = service_levels.due("side_effect_review", "severe", saturday, shipped())
    mild = service_levels.due("side_effect_review", "mild", saturday, shipped())
    assert severe == saturday + timedelta(hours=4)
    assert mild == at("2026-11-30T17:00")


def test_a_site_adds_days_off_short_days_and_saturdays_of_its_own(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(
        HEAD + "open,saturday,09:00,12:00,a,b\nclosed,2026-11-23,,,retreat,b\n"
        "open,2026-11-24,08:00,10:00,short,b\nopen,friday,,,closed,b\nholidays,US-NY,,,state,b\n",
        encoding="utf-8",
    )
    site = shipped("America/New_York", own)
    assert site.after(at("2026-11-20T09:00"), timedelta(hours=1)) == at("2026-11-21T10:00")
    assert site.after(at("2026-11-21T11:00"), timedelta(hours=2)) == at("2026-11-24T09:00")
    assert not site.is_open(at("2026-02-12T10:00"))
    assert shipped().is_open(at("2026-02-12T10:00"))


def test_the_sites_own_clock_counts_not_the_servers() -> None:
    monday_evening = datetime(2026, 11, 24, 0, 30, tzinfo=UTC)
    assert shipped("America/Los_Angeles").is_open(monday_evening)
    assert not shipped("America/New_York").is_open(monday_evening)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("open,monday,17:00,08:00,a,b\n", "closes before it opens"),
        ("open,moonday,08:00,17:00,a,b\n", "cannot be read"),
        ("closed,2026-13-01,,,a,b\n", "cannot be read"),
        ("opne,monday,08:00,17:00,a,b\n", "nothing that a site has"),
        ("holidays,XX,,,a,b\n", "no calendar of holidays"),
    ],
)
def test_a_mistyped_table_of_hours_is_refused_in_a_sentence(tmp_path: Path, rows: str, said: str) -> None:
    own = tmp_path / "own.csv"
    own.write_text(HEAD + rows, encoding="utf-8")
    with pytest.raises(BadHours, match=said):
        shipped("America/New_York", own)


def test_a_site_that_never_opens_is_refused() -> None:
    with pytest.raises(BadHours, match="no open day"):
        Hours(NEW_YORK, {})
    closed = {date(2026, 11, 16) + timedelta(days=number): None for number in range(80)}
    with pytest.raises(BadHours, match="does not open again"):
        Hours(NEW_YORK, {0: (time(8), time(17))}, closed).after(at("2026-11-16T09:00"), timedelta(hours=1))


def test_a_site_is_open_from_its_opening_up_to_and_not_at_its_closing() -> None:
    moments = ["2026-11-18T07:59:59", "2026-11-18T08:00", "2026-11-18T16:59:59", "2026-11-18T17:00"]
    assert [shipped().is_open(at(moment)) for moment in moments] == [False, True, True, False]
    assert shipped().of_day(date(2026, 11, 18)) == (at("2026-11-18T08:00"), at("2026-11-18T17:00"))


def test_a_day_that_closes_as_it_opens_is_a_day_off() -> None:
    never = Hours(NEW_YORK, {0: (time(8), time(8)), 1: (time(8), time(9))})
    assert never.of_day(date(2026, 11, 16)) is None
    assert never.of_day(date(2026, 11, 17)) == (at("2026-11-17T08:00"), at("2026-11-17T09:00"))


def test_no_work_is_done_at_once_while_it_is_open_and_else_at_the_next_opening() -> None:
    assert shipped().after(at("2026-11-18T10:00"), timedelta()) == at("2026-11-18T10:00")
    assert shipped().after(at("2026-11-18T18:00"), timedelta()) == at("2026-11-19T08:00")
    assert shipped().after(at("2026-11-18T08:00"), timedelta(hours=9)) == at("2026-11-18T17:00")


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        ("2026-11-18T10:00", "2026-11-18T10:00", 0),
        ("2026-11-18T12:00", "2026-11-18T10:00", 0),
        ("2026-11-18T05:00", "2026-11-18T07:00", 0),
        ("2026-11-18T07:00", "2026-11-18T10:00", 2),
        ("2026-11-18T16:00", "2026-11-19T09:00", 2),
        ("2026-11-20T16:00", "2026-11-23T00:00", 1),
        ("2026-11-01T00:00", "2026-12-01T00:00", 19 * 9),
    ],
)
def test_the_time_between_is_that_in_which_the_site_was_open(since: str, until: str, hours: int) -> None:
    assert shipped().between(at(since), at(until)) == timedelta(hours=hours)


def test_the_mornings_notice_comes_on_working_days_at_the_hour_of_the_table(tmp_path: Path) -> None:
    assert shipped().morning_of(date(2026, 11, 18)) == at("2026-11-18T08:00")
    assert shipped().morning_of(date(2026, 11, 21)) is None
    assert shipped().morning_of(date(2026, 11, 26)) is None
    own = tmp_path / "own.csv"
    own.write_text(HEAD + "morning,notice,07:15,,early,b\n", encoding="utf-8")
    assert shipped("America/New_York", own).morning_of(date(2026, 11, 18)) == at("2026-11-18T07:15")
    bare = tmp_path / "bare.csv"
    bare.write_text(HEAD + "open,monday,09:00,10:00,a,b\n", encoding="utf-8")
    alone = site_hours.load("UTC", [bare])
    assert (alone.morning, alone.calendars, alone.on) == (time(8), (), {})


def test_a_site_closed_for_sixty_days_opens_again_and_for_longer_it_does_not() -> None:
    def opens(days: int) -> datetime:
        closed = {date(2026, 11, 16) + timedelta(days=number): None for number in range(days)}
        every_day = dict.fromkeys(range(7), (time(8), time(17)))
        return Hours(NEW_YORK, every_day, closed).after(at("2026-11-16T09:00"), timedelta(hours=1))

    assert opens(60) == at("2027-01-15T09:00")
    with pytest.raises(BadHours, match="does not open again"):
        opens(61)


def test_a_row_without_a_key_is_refused_with_its_line(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(HEAD + "open,monday,08:00,17:00,a,b\nopen,,08:00,17:00,a,b\n", encoding="utf-8")
    with pytest.raises(BadHours, match=r"own\.csv line 3"):
        site_hours.load("UTC", [own])


UNHURRIED = searching(deadline=None, suppress_health_check=[HealthCheck.too_slow])
ZONES = st.sampled_from(["America/New_York", "America/Los_Angeles", "America/Phoenix", "Australia/Lord_Howe",
                         "Pacific/Apia", "UTC"]).map(ZoneInfo)  # fmt: skip
OPENINGS = st.tuples(st.integers(0, 12), st.integers(13, 23)).map(lambda pair: (time(pair[0], 30), time(pair[1], 15)))
SITES = st.builds(
    Hours,
    ZONES,
    st.dictionaries(st.integers(0, 6), OPENINGS, min_size=1),
    calendars=st.sampled_from([(), ("US",), ("US", "US-CA")]),
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
WORK = st.integers(0, 60 * 100).map(lambda minutes: timedelta(minutes=minutes))


@UNHURRIED
@given(SITES, MOMENTS, WORK, WORK)
def test_working_time_is_counted_exactly_whatever_the_zone_and_the_clocks_do(
    site: Hours, since: datetime, worked: timedelta, more: timedelta
) -> None:
    due = site.after(since, worked)
    assert due >= since
    assert site.between(since, due) == worked
    assert site.after(since, worked + more) >= due
    if worked:
        assert site.is_open(due - timedelta(microseconds=1))


@UNHURRIED
@given(st.sampled_from(TaskKind.values), st.integers(1, 4), st.integers(0, 3), MOMENTS)
def test_every_kind_has_a_level_a_way_up_and_a_rank(kind: str, priority: int, tier: int, moment: datetime) -> None:
    level = service_levels.levels().of(kind, priority)
    assert service_levels.due(kind, priority, moment, shipped()) > moment
    assert level.chain[-1] == "administrator"
    assert level.reason
    assert level.source
    assert 1 <= level.rank(priority, tier) <= level.rank(min(priority + 1, 4), 0)


def test_a_refill_with_weeks_left_comes_after_everything_that_may_do_harm() -> None:
    known = service_levels.levels()
    far = known.of("refill_request", "far")
    places = {tier: far.rank(far.priority, tier) for tier in (0, 1, 2, 3)}
    assert len(set(places.values())) == 1, "a drug that must not stop does not run out for weeks"
    others = [
        one for one in known.rows.values() if (one.kind, one.case) not in (("refill_request", "far"), ("other", "4"))
    ]
    assert all(one.rank(one.priority, 0) < places[0] for one in others)
    accepted = known.of("finding_follow_up", "major")
    assert accepted.rank(2, 0) < known.of("refill_request", "").rank(2, 0)


def test_a_drug_that_must_not_stop_comes_first_of_its_urgency_and_a_side_effect_is_not_moved_by_it() -> None:
    gap, effect = (service_levels.levels().of(kind, 2) for kind in ("supply_gap", "side_effect_review"))
    assert gap.rank(2, 1) < gap.rank(2, 2) < gap.rank(2, 3) == gap.rank(2, 0)
    assert effect.rank(2, 1) == effect.rank(2, 0)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nonsense,*,2,0,clock,1,1,role>nurse>administrator,0,no,a,b", "no such kind"),
        ("other,*,5,0,clock,1,1,role>nurse>administrator,0,no,a,b", "urgency is 1 to 4"),
        ("other,*,2,0,clock,0,1,role>nurse>administrator,0,no,a,b", "hours are more than none"),
        ("other,*,2,0,clock,1,1,role>administrator,0,no,a,b", "a role for each level"),
        ("other,*,2,0,clock,1,1,role>patient>administrator,0,no,a,b", "a chain names roles"),
        ("other,*,2,0,clock,1,1,role>nurse>administrator,0,no,,b", "a reason and a source"),
        ("other,*,two,0,clock,1,1,role>nurse>administrator,0,no,a,b", "line 2"),
        ("other,*,2,0,moon,1,1,role>nurse>administrator,0,no,a,b", "line 2"),
    ],
)
def test_a_mistyped_service_level_is_refused_in_a_sentence(tmp_path: Path, row: str, said: str) -> None:
    own = tmp_path / "own.csv"
    own.write_text(LEVEL_HEAD + row + "\n", encoding="utf-8")
    with pytest.raises(BadLevel, match=said):
        service_levels.load([DATA / "service_levels.csv", own])


def test_the_sites_own_row_takes_the_place_of_the_shipped_one_and_a_kind_without_any_is_refused(tmp_path: Path) -> None:
    own = tmp_path / "own.csv"
    own.write_text(LEVEL_HEAD + "renewal,*,1,0,clock,2,1,role>pharmacist>administrator,0,yes,ours,us\n", "utf-8")
    assert service_levels.load([DATA / "service_levels.csv", own]).of("renewal", 3).due == timedelta(hours=2)
    with pytest.raises(BadLevel, match="No service level for"):
        service_levels.load([own])


def test_a_site_with_a_mistyped_table_is_not_served(tmp_path: Path, settings: Any) -> None:
    own = tmp_path / "own.csv"
    own.write_text(LEVEL_HEAD + "other,*,9,0,clock,1,1,role>nurse>administrator,0,no,a,b\n", "utf-8")
    settings.SERVICE_LEVELS_FILE = str(own)
    service_levels.levels.cache_clear()
    with pytest.raises(CommandError, match="urgency is 1 to 4"):
        serve.refuse_unfit_tables()
    settings.SERVICE_LEVELS_FILE = ""
    service_levels.levels.cache_clear()
    serve.refuse_unfit_tables()
