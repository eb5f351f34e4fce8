"""Rows of the record that are fine, one function a table; a test spoils them one column at a time."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from medmgmt.record import seals, signatures
from medmgmt.record.models import (
    Allergy,
    AllergyReaction,
    AmendmentAnswer,
    AmendmentExtension,
    AmendmentRequest,
    AmendmentStatement,
    Attempts,
    AuditEntry,
    AuditHead,
    AuditPatient,
    BreakGlass,
    BreakGlassEnd,
    BreakGlassJudgement,
    CareAssignment,
    CareTeamMember,
    Channel,
    Condition,
    ContactPoint,
    CoSignature,
    Device,
    Disclosure,
    DosageChange,
    Encounter,
    Enrolment,
    IdempotencyRecord,
    ImportRemark,
    Level,
    MonitoringOrder,
    Observation,
    OpenSession,
    Part2Consent,
    Part2Revoked,
    Patient,
    Prescription,
    Programme,
    QuickPin,
    Role,
    SecondFactor,
    SideEffectReport,
    StaffChange,
    StaffChangeKind,
    Suspect,
    Token,
    User,
)
from tests import factories

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(days=1)
TODAY = NOW.date()


def patient(**values: Any) -> Patient:
    return Patient.objects.create(
        **{
            "mrn": "X-1",
            "given_name": "Xenia",
            "family_name": "Xu",
            "birth_date": date(1990, 1, 1),
            "time_zone": "America/New_York",
            **values,
        }
    )


def user(**values: Any) -> User:
    return User.objects.create(**{"username": "x", "role": Role.NURSE, **values})


def staff_change(**values: Any) -> StaffChange:
    """A new password for nurse Bo, asked for by the administrator."""
    fine = {"user": factories.bo(), "kind": StaffChangeKind.PASSWORD, "role_before": Role.NURSE, "role": Role.NURSE,
            "why": "Forgotten.", "asked_by": factories.admin()}  # fmt: skip
    return StaffChange.objects.create(**{**fine, **values})


def contact(**values: Any) -> ContactPoint:
    fine = {"patient": factories.carla(), "channel": Channel.SMS, "address": "+15550100", "created_at": EARLIER}
    return ContactPoint.objects.create(**{**fine, **values})


def enrolment(**values: Any) -> Enrolment:
    of = values.pop("patient", None) or patient()
    return Enrolment.objects.create(**{"patient": of, "level": Level.OUTPATIENT, "starts_on": TODAY, **values})


def membership(**values: Any) -> CareTeamMember:
    return CareTeamMember.objects.create(
        **{"team": factories.team("Third"), "user": factories.bo(), "since": NOW, **values}
    )


def assignment(**values: Any) -> CareAssignment:
    return CareAssignment.objects.create(
        **{"team": factories.team("Third"), "patient": factories.carla(), "since": NOW, **values}
    )


def opening(**values: Any) -> BreakGlass:
    fine = {"patient": factories.carla(), "by": factories.dorn(), "role": Role.PSYCHIATRIST, "reason": "r",
            "opened_at": EARLIER, "until": NOW}  # fmt: skip
    return BreakGlass.objects.create(**{**fine, **values})


def opening_end(**values: Any) -> BreakGlassEnd:
    of = values.pop("opening", None) or opening()
    return BreakGlassEnd.objects.create(
        **{"opening": of, "patient": factories.carla(), "by": factories.dorn(), "at": NOW, **values}
    )


def judgement(**values: Any) -> BreakGlassJudgement:
    of = values.pop("opening", None) or opening()
    fine = {"opening": of, "patient": factories.carla(), "by": factories.olga(), "verdict": "appropriate", "note": "n"}
    return BreakGlassJudgement.objects.create(**{**fine, **values})


def programme(**values: Any) -> Programme:
    fine = {"team": factories.team("Lighthouse"), "phone": "+1 555 0142", "marked_by": factories.admin()}
    return Programme.objects.create(**{**fine, **values})


def part2_consent(**values: Any) -> Part2Consent:
    of = values.pop("programme", None) or Programme.objects.first() or programme()
    fine = {"patient": factories.carla(), "programme": of, "recipient": "treating", "purpose": "p", "given_on": TODAY,
            "until": TODAY + timedelta(days=9), "recorded_by": factories.bo(), "recorded_at": NOW}  # fmt: skip
    return Part2Consent.objects.create(**{**fine, **values})


def part2_revoked(**values: Any) -> Part2Revoked:
    of = values.pop("consent", None) or part2_consent()
    fine = {"patient": factories.carla(), "consent": of, "by": factories.bo(), "at": NOW}
    return Part2Revoked.objects.create(**{**fine, **values})


def disclosure(**values: Any) -> Disclosure:
    of = part2_consent()
    fine = {"patient": of.patient, "programme": of.programme, "to": factories.adler(), "on": TODAY, "at": NOW,
            "consent": of}  # fmt: skip
    return Disclosure.objects.create(**{**fine, **values})


def amendment(**values: Any) -> AmendmentRequest:
    fine = {"patient": factories.carla(), "way": "paper", "received_on": TODAY, "what": "w", "why": "y",
            "by": factories.bo(), "at": NOW}  # fmt: skip
    return AmendmentRequest.objects.create(**{**fine, **values})


def amendment_extension(**values: Any) -> AmendmentExtension:
    fine = {"patient": factories.carla(), "until": TODAY, "why": "y", "by": factories.bo(), "at": NOW}
    return AmendmentExtension.objects.create(**{**fine, "request": amendment(), **values})


def amendment_answer(**values: Any) -> AmendmentAnswer:
    fine = {"patient": factories.carla(), "decision": "denied", "ground": "accurate", "words": "w",
            "by": factories.bo(), "at": NOW}  # fmt: skip
    return AmendmentAnswer.objects.create(**{**fine, "request": amendment(), **values})


def amendment_statement(**values: Any) -> AmendmentStatement:
    fine = {"patient": factories.carla(), "kind": "disagreement", "text": "t", "by": factories.bo(), "at": NOW}
    return AmendmentStatement.objects.create(**{**fine, "request": amendment_answer().request, **values})


def observation(**values: Any) -> Observation:
    fine = {
        "patient": factories.carla(),
        "code": "weight",
        "value": Decimal(70),
        "unit": "kg",
        "observed_at": EARLIER,
        "recorded_at": NOW,
        "recorded_by": factories.bo(),
    }
    return Observation.objects.create(**{**fine, **values})


def encounter(**values: Any) -> Encounter:
    return Encounter.objects.create(
        **{"patient": factories.carla(), "kind": "office", "on": TODAY, "by": factories.bo(), **values}
    )


def cosignature(**values: Any) -> CoSignature:
    proposed = change()
    fine = {"patient": proposed.patient, "change": proposed, "verdict": "agreed", "note": "Fine.", "findings": []}
    return CoSignature.objects.create(**{**fine, "by": factories.pia(), **values})


def monitoring_order(**values: Any) -> MonitoringOrder:
    fine = {
        "patient": factories.carla(),
        "code": "qtc",
        "what": "ECG",
        "due_on": TODAY,
        "ordered_by": factories.adler(),
    }
    return MonitoringOrder.objects.create(**{**fine, **values})


def allergy(**values: Any) -> Allergy:
    return Allergy.objects.create(
        **{"patient": factories.carla(), "substance": "penicillin", "recorded_on": TODAY, **values}
    )


def reaction(**values: Any) -> AllergyReaction:
    of = values.pop("allergy", None) or allergy()
    return AllergyReaction.objects.create(**{"allergy": of, "text": "rash", "recorded_on": TODAY, **values})


def condition(**values: Any) -> Condition:
    return Condition.objects.create(
        **{"patient": factories.carla(), "text": "depression", "icd10cm": "F33.1", "onset_on": TODAY, **values}
    )


def prescription(**values: Any) -> Prescription:
    return factories.prescription(**values)


def change(**values: Any) -> DosageChange:
    fine = {
        "patient": factories.carla(),
        "kind": "start",
        "effective_on": TODAY,
        "sig": factories.sig(),
        "reason_code": "titration",
        "author": factories.adler(),
        "proposed_at": EARLIER,
    }
    if "prescription" not in values:
        fine["prescription"] = factories.prescription()
    return DosageChange.objects.create(**{**fine, **values})


def report(**values: Any) -> SideEffectReport:
    fine = {
        "patient": factories.carla(),
        "term": "tremor",
        "severity": "mild",
        "began_on": TODAY,
        "reporter": factories.bo(),
        "reporter_role": Role.NURSE,
        "reported_at": NOW,
    }
    return SideEffectReport.objects.create(**{**fine, **values})


def suspect(**values: Any) -> Suspect:
    return Suspect.objects.create(**{"report": report(), "prescription": factories.taking(), "rank": 1, **values})


def audit_entry(**values: Any) -> AuditEntry:
    AuditHead.objects.get_or_create(chain="site", defaults={"seq": 0, "hash": ""})
    fine = {"chain": "site", "seq": 1, "at": NOW, "actor_name": "bo", "act": "x", "hash": "h"}
    return AuditEntry.objects.create(**{**fine, **values})


def audit_patient(**values: Any) -> AuditPatient:
    entry = values.pop("entry", None) or audit_entry()
    return AuditPatient.objects.create(**{"entry": entry, "patient": factories.carla(), **values})


def request(**values: Any) -> IdempotencyRecord:
    fine = {"user": factories.bo(), "key": "k", "method": "POST", "path": "/", "fingerprint": "f", "status": 201}
    return IdempotencyRecord.objects.create(**{**fine, **values})


def attempts(**values: Any) -> Attempts:
    return Attempts.objects.create(**{"key": "name:k", **values})


def factor(**values: Any) -> SecondFactor:
    return SecondFactor.objects.create(**{"user": factories.bo(), "kind": "totp", "secret": "s", **values})


def device(**values: Any) -> Device:
    return Device.objects.create(**{"user": factories.bo(), "digest": "d", "words": "Firefox on Linux", **values})


def open_session(**values: Any) -> OpenSession:
    fine = {"user": factories.bo(), "session_key": "k", "words": "Firefox on Linux"}
    return OpenSession.objects.create(**{**fine, **values})


def quick_pin(**values: Any) -> QuickPin:
    return QuickPin.objects.create(**{"user": factories.bo(), "digest": "d", **values})


def bearer(**values: Any) -> Token:
    fine = {"user": factories.bo(), "name": "n", "scope": "read", "digest": "d", "token_key": "t"}
    return Token.objects.bulk_create([Token(**{**fine, "expiry": datetime(2190, 1, 1, tzinfo=UTC), **values})])[0]


SEAL = seals.Seal("s" * 64, "k")
"""Where nobody reads it."""


def signed() -> DosageChange:
    made = change()
    made.sign(by_id=factories.adler().pk, at=NOW, seal=signatures.seal_of(made, by_id=factories.adler().pk, at=NOW))
    return made


def withdrawn() -> DosageChange:
    made = change()
    made.withdraw(by_id=factories.adler().pk, at=NOW, note="not needed")
    return made


def remark(**values: Any) -> ImportRemark:
    fine = {"patient": factories.carla(), "kind": "left_out", "source_id": "x/1", "what": "w", "why": "y"}
    return ImportRemark.objects.create(**{**fine, "recorded_at": EARLIER, **values})
