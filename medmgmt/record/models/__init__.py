"""The tables of the record, one module a subject."""

from medmgmt.record.models.amendments import (
    AmendmentAnswer,
    AmendmentExtension,
    AmendmentRequest,
    AmendmentStatement,
    Decision,
    EntryKind,
    Ground,
    Said,
    Way,
)
from medmgmt.record.models.audit import AuditEntry, AuditHead, AuditPatient
from medmgmt.record.models.break_glass import BreakGlass, BreakGlassEnd, BreakGlassJudgement, Judgement
from medmgmt.record.models.cosignatures import CoSignature, Verdict
from medmgmt.record.models.encounters import Encounter, EncounterKind
from medmgmt.record.models.monitoring_orders import MonitoringOrder
from medmgmt.record.models.observations import (
    Allergy,
    AllergyKind,
    AllergyReaction,
    Comparator,
    Condition,
    Observation,
    ReactionSeverity,
)
from medmgmt.record.models.part2 import Disclosure, Part2Consent, Part2Revoked, Programme, Recipient, Restricted
from medmgmt.record.models.people import (
    CareAssignment,
    CareTeam,
    CareTeamMember,
    Channel,
    ContactPoint,
    Enrolment,
    Level,
    Patient,
    Role,
    Sex,
    User,
    validate_time_zone,
)
from medmgmt.record.models.prescriptions import DosageChange, Kind, Prescription, ReasonCode, Status
from medmgmt.record.models.remarks import ImportRemark, RemarkKind
from medmgmt.record.models.requests import IdempotencyRecord
from medmgmt.record.models.side_effects import ActionTaken, Outcome, SideEffectReport, SideEffectSeverity, Suspect
from medmgmt.record.models.signing_in import Attempts, Device, FactorKind, OpenSession, QuickPin, SecondFactor
from medmgmt.record.models.staff import StaffChange, StaffChangeKind, StaffChangeState
from medmgmt.record.models.tokens import Scope, Token
