"""The cast of every test: Dr Adler and nurse Bo, pharmacist Pia, patient Carla, and Dr Dorn who must see nothing.

Each may be called again in one test and gives the same person. Times are fixed unless a test passes others.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from medmgmt.record import signatures
from medmgmt.record.dosing import Sig
from medmgmt.record.models import (
    CareAssignment,
    CareTeam,
    CareTeamMember,
    Channel,
    ContactPoint,
    DosageChange,
    Enrolment,
    Kind,
    Level,
    Patient,
    Prescription,
    ReasonCode,
    Role,
    Scope,
    Sex,
    Status,
    Token,
    User,
)
from refills.messages import links
from refills.models import Reminder

PASSWORD = "correct horse battery staple"
LONG_AGO = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def team(name: str = "Harbor") -> CareTeam:
    """The team that looks after Carla; another name is another team."""
    return CareTeam.objects.get_or_create(name=name)[0]


def user(username: str, role: Role, **values: Any) -> User:
    """A login with the cast's password."""
    known = User.objects.filter(username=username).first()
    return known or User.objects.create_user(
        username=username, email=f"{username}@clinic.example", password=PASSWORD, role=role, **values
    )


def token(of: User, scope: str = Scope.PRESCRIBE, **values: Any) -> str:
    """A bearer token of this person that reaches everything that a token can, for a month."""
    known = {"name": uuid.uuid4().hex, "scope": scope, "expiry": timedelta(days=30), **values}
    secret: str = Token.objects.create(of, **known)[1]
    return secret


def link(reminder: Reminder) -> str:
    """The token of a message's link as it is sent to whoever it is for, at the address in use."""
    if reminder.caregiver is not None:
        return links.token(reminder, reminder.caregiver.address)
    point = ContactPoint.objects.filter(patient=reminder.patient, channel=reminder.channel, ended_at=None).first()
    return links.token(reminder, point.address if point else "")


def member(username: str, role: Role, of: CareTeam, **values: Any) -> User:
    """Somebody who works in a team."""
    person = user(username, role, **values)
    CareTeamMember.objects.get_or_create(team=of, user=person, until=None, defaults={"since": LONG_AGO})
    return person


def adler() -> User:
    """Carla's psychiatrist."""
    return member("adler", Role.PSYCHIATRIST, team(), first_name="Anna", last_name="Adler")


def brandt() -> User:
    """A second psychiatrist of Carla's team, for two people at once."""
    return member("brandt", Role.PSYCHIATRIST, team(), first_name="Ben", last_name="Brandt")


def bo() -> User:
    """Carla's nurse."""
    return member("bo", Role.NURSE, team(), first_name="Bo", last_name="Berg")


def pia() -> User:
    """The pharmacist of Carla's team."""
    return member("pia", Role.PHARMACIST, team(), first_name="Pia", last_name="Pohl")


def dorn() -> User:
    """A psychiatrist of another team: a stranger to Carla, who must see nothing."""
    return member("dorn", Role.PSYCHIATRIST, team("Hillside"), first_name="Dirk", last_name="Dorn")


def admin() -> User:
    """The administrator, who runs the service and sees no chart."""
    return user("admin", Role.ADMINISTRATOR)


def olga() -> User:
    """The privacy officer, who reads who saw whom and sees no chart."""
    return user("olga", Role.PRIVACY_OFFICER, first_name="Olga", last_name="Ohm")


def patient(mrn: str, *, of: CareTeam | None = None, **values: Any) -> Patient:
    """A patient in the care of a team, enrolled in the intensive outpatient programme."""
    known = Patient.objects.filter(mrn=mrn).first()
    if known:
        return known
    values = {
        "given_name": "Test",
        "family_name": mrn,
        "birth_date": date(1990, 3, 14),
        "sex": Sex.FEMALE,
        "language": "en",
        "time_zone": "America/New_York",
        **values,
    }
    made = Patient.objects.create(mrn=mrn, **values)
    CareAssignment.objects.create(patient=made, team=of or team(), since=LONG_AGO)
    Enrolment.objects.create(patient=made, level=Level.INTENSIVE_OUTPATIENT, starts_on=LONG_AGO.date())
    return made


def carla() -> Patient:
    """Carla, with an e-mail address she consented to."""
    made = patient("C-1001", given_name="Carla", family_name="Castillo")
    ContactPoint.objects.get_or_create(
        patient=made,
        channel=Channel.EMAIL,
        ended_at=None,
        defaults={"address": "carla@mail.example", "consented_at": LONG_AGO, "created_at": LONG_AGO},
    )
    return made


def carla_user() -> User:
    """Carla's own login."""
    return user("carla", Role.PATIENT, patient=carla())


def stranger() -> Patient:
    """A patient of the other team, whom only Dr Dorn knows."""
    return patient("S-2002", of=team("Hillside"), given_name="Sam", family_name="Stein")


def sig(amount: str = "50", **values: Any) -> Sig:
    """A regimen: so many mg by mouth once daily, unless told otherwise."""
    return Sig.of(**{"amount": Decimal(amount), "unit": "mg", "route": "PO", "timing": "daily", **values})


def prescription(of: Patient | None = None, **values: Any) -> Prescription:
    """A prescription without any change yet: sertraline (RxNorm 36437) unless told otherwise."""
    values = {"drug_name": "sertraline", "rxcui": 36437, "indication": "depression", **values}
    return Prescription.objects.create(patient=of or carla(), created_by=adler(), **values)


def change(
    to: Prescription, kind: Kind = Kind.START, on: date = date(2026, 3, 2), sig: Sig | None = None, **values: Any
) -> DosageChange:
    """A proposed change; with `signed_at` a signed one."""
    if sig is None and kind in (Kind.START, Kind.NEW_DOSE, Kind.RESUME):
        sig = globals()["sig"]()
    values = {"reason_code": ReasonCode.TITRATION, "author": adler(), "proposed_at": LONG_AGO, **values}
    if "signed_at" in values:
        values = {"status": Status.SIGNED, "signed_by": adler(), **values}
    made = DosageChange(patient_id=to.patient_id, prescription=to, kind=kind, effective_on=on, sig=sig, **values)
    if made.status == Status.SIGNED:
        seal = signatures.seal_of(made, by_id=made.signed_by_id, at=made.signed_at)
        made.seal, made.seal_key = seal.hash, seal.key
    made.save()
    return made


def taking(drug: str = "sertraline", rxcui: int | None = 36437, amount: str = "50", **values: Any) -> Prescription:
    """A prescription that Carla (or `of`) takes since 2 March 2026: one signed start."""
    made = prescription(of=values.pop("of", None), drug_name=drug, rxcui=rxcui, **values.pop("prescription", {}))
    change(made, sig=sig(amount), signed_at=LONG_AGO, reason_code=ReasonCode.INITIAL_TREATMENT, **values)
    return made
