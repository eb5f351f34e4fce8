"""The patients of the demo clinic, out of data/demo: recorded histories whose days count from today."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

from medmgmt.actions import history
from medmgmt.record.dosing import KINDS_WITH_SIG, Sig
from refills.messages.waking import Waking

FOLDER = Path(__file__).resolve().parents[2] / "data" / "demo"
PAST = ("conditions", "allergies", "observations", "levels", "regimens", "fills")
CLINIC_OPENS = time(15)
"""UTC: the middle of the morning where most patients live."""
Row = dict[str, str]


@dataclass(frozen=True, slots=True)
class DemoPatient:
    """One patient: by what name the other tables know them, in whose care, their past, how they may be reached."""

    name: str
    team: str
    history: history.History
    email: str
    consents: bool


def rows(table: str) -> list[Row]:
    """The rows of a table of the demo; check_data has seen to their cells."""
    with (FOLDER / f"{table}.csv").open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def clinic(now: datetime) -> tuple[DemoPatient, ...]:
    """Every patient of the demo clinic as of `now`, Carla first; nothing of their past is later than `now`."""
    patients = rows("patients")
    past: dict[str, dict[str, list[Row]]] = {row["patient"]: {table: [] for table in PAST} for row in patients}
    for table in PAST:
        for row in rows(table):
            past[row["patient"]][table].append(row)
    return tuple(_Past(row, past[row["patient"]], now).patient() for row in patients)


def sig(row: Row) -> Sig:
    """How to take it; whatever has a most in a day is as needed."""
    most, every = row["max_per_day"], row.get("every_days")
    return Sig.of(
        Decimal(row["amount"]),
        row["unit"],
        row["route"],
        row["timing"],
        every_days=int(every) if every else None,
        as_needed=bool(most),
        max_per_day=Decimal(most) if most else None,
    )


class _Past:
    """The rows about one patient, their days turned into dates."""

    def __init__(self, row: Row, past: dict[str, list[Row]], now: datetime) -> None:
        self.row, self.past, self.now = row, past, now
        self.key = f"demo/{row['number']}"
        zones = row["time_zones"].split(";")
        # Carla lives where it is day when the demo is made, so that her reminder of today goes out at once.
        self.zone = next((zone for zone in zones if Waking().holds(now, zone)), zones[0])
        self.today = now.astimezone(ZoneInfo(self.zone)).date()

    def patient(self) -> DemoPatient:
        row = self.row
        past = history.History(
            patient=history.PastPatient(
                source_id=self.key,
                mrn=row["mrn"],
                given_name=row["given_name"],
                family_name=row["family_name"],
                birth_date=self._day(row["born_day"]),
                sex=row["sex"],
                language=row["language"],
                time_zone=self.zone,
            ),
            conditions=tuple(self._conditions()),
            allergies=tuple(self._allergies()),
            observations=tuple(self._observations()),
            enrolments=tuple(self._enrolments()),
            courses=tuple(self._courses()),
        )
        return DemoPatient(row["patient"], row["team"], past, row["email"], row["consents"] == "yes")

    def _day(self, day: str) -> date:
        return self.today + timedelta(days=int(day))

    def _at(self, row: Row) -> datetime:
        at = datetime.combine(self._day(row["day"]), CLINIC_OPENS, tzinfo=UTC) + timedelta(minutes=int(row["minutes"]))
        return min(at, self.now - timedelta(minutes=1))

    def _conditions(self) -> Iterator[history.PastCondition]:
        for number, row in enumerate(self.past["conditions"]):
            code, onset = row["icd10cm"], self._day(row["onset_day"])
            yield history.PastCondition(f"{self.key}/condition/{number}", row["text"], code, "ICD-10-CM", code, onset)

    def _allergies(self) -> Iterator[history.PastAllergy]:
        for row in self.past["allergies"]:
            source_id, on = f"{self.key}/allergy/{row['substance']}", self._day(row["recorded_day"])
            reaction = history.PastReaction(row["reaction"], row["severity"])
            yield history.PastAllergy(source_id, row["kind"], row["substance"], on, None, (reaction,))

    def _observations(self) -> Iterator[history.PastObservation]:
        for number, row in enumerate(self.past["observations"]):
            value = Decimal(row["value"]) if row["value"] else None
            source_id = f"{self.key}/observation/{number}"
            yield history.PastObservation(source_id, row["code"], self._at(row), value, row["value_code"])

    def _enrolments(self) -> Iterator[history.PastEnrolment]:
        """Each ends on the day on which the next begins."""
        begun = [(row["level"], self._day(row["day"])) for row in self.past["levels"]]
        for (level, starts_on), (_, ends_on) in pairwise([*begun, ("", None)]):
            assert starts_on is not None
            yield history.PastEnrolment(level, starts_on, ends_on)

    def _courses(self) -> Iterator[history.PastCourse]:
        by_drug: dict[str, list[Row]] = {}
        for row in self.past["regimens"]:
            by_drug.setdefault(row["drug"], []).append(row)
        for number, (drug, told) in enumerate(by_drug.items()):
            source_id = f"{self.key}/prescription/{number}"
            yield history.PastCourse(
                source_id=source_id,
                drug_name=drug,
                steps=tuple(self._steps(told)),
                strength=told[0]["strength"],
                form=told[0]["form"],
                indication=told[0]["indication"],
                fills=tuple(self._fills(source_id, drug)),
            )

    def _steps(self, told: list[Row]) -> Iterator[history.PastStep]:
        """What is planned was signed with the last step before it."""
        signed = self.now
        for number, row in enumerate(told):
            is_planned = int(row["day"]) > 0
            signed = signed if is_planned else self._at(row)
            at = signed + timedelta(seconds=number) if is_planned else signed
            plan = "planned with the step before" if is_planned else ""
            how = sig(row) if row["kind"] in KINDS_WITH_SIG else None
            yield history.PastStep(row["kind"], self._day(row["day"]), at, how, row["reason"], row["note"], plan)

    def _fills(self, source_id: str, drug: str) -> Iterator[history.PastFill]:
        for row in self.past["fills"]:
            if row["drug"] == drug:
                on = self._day(row["day"])
                key, quantity = f"{source_id}/fill/{on.isoformat()}", Decimal(row["quantity"])
                yield history.PastFill(key, on, quantity, row["unit"], int(row["days_supply"]))
