"""What belongs to a chart, table by table and column by column: the one list that every form of an export follows.

A column is `name` or `name=path`, as Django spells paths; a person is told as number and name. What is on record about
a patient and stands in no export is named here with the reason, and a test finds what is in neither.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.db.models import Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from interactions import models as knowledge
from medmgmt.record import models as record
from refills import models as refills

KEPT_OUT: Mapping[str, str] = {
    "patient": "the chart itself",
    "names_key": "how a search compares names",
    "mrn_key": "how a search compares numbers",
    "seal": "a check of the database, which verify_audit reads",
    "seal_key": "a check of the database, which verify_audit reads",
    "hash": "a check of the database, which verify_audit reads",
    "previous_hash": "a check of the database, which verify_audit reads",
    "key": "a check of the database, or what keeps the same event from being told twice",
    "public_id": "the secret half of a link",
    "provider_id": "the number of a provider's own",
    "lease_token": "who works on it at this moment",
    "lease_until": "who works on it at this moment",
}
"""Columns that stand in no export, by name, and why."""


@dataclass(frozen=True, eq=False)
class Section:
    """One table of a chart: what it is called, how a row leads to its patient, and what is told of each.

    `lead` is what a person looks for first. `reasons` are words about staff that a patient reads only where the site
    shows them (BREAK_GLASS_REASON_SHOWN).
    """

    name: str
    title: Promise
    model: type[Model]
    columns: str
    to_patient: str = "patient"
    lead: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    kept_out: Mapping[str, str] = field(default_factory=dict)


DRUG = "prescription drug=prescription__drug_name"

# fmt: off
SECTIONS: tuple[Section, ...] = (
    Section("identity", _("Who this is"), record.Patient,
        "id mrn given_name family_name birth_date sex language time_zone version created_at source_id",
        to_patient="pk", lead=("family_name", "given_name"),
        kept_out={"merged_into": "an export is of the chart that stays"}),
    Section("merged_charts", _("Charts that were merged into this one"), record.Patient,
        "id mrn given_name family_name birth_date sex language time_zone version created_at source_id merged_into",
        to_patient="merged_into", lead=("mrn",)),
    Section("logins", _("The patient's own login"), record.User,
        "id username first_name last_name email is_active date_joined last_login role", lead=("username",),
        kept_out={"password": "a secret", "is_staff": "never true", "is_superuser": "never true"}),
    Section("contact_points", _("Addresses"), record.ContactPoint,
        "id channel address created_at ended_at consented_at consent_withdrawn_at", lead=("channel", "address")),
    Section("unreachable", _("Addresses that failed"), refills.Unreachable,
        "id channel address since mended_at", lead=("channel", "since")),
    Section("enrolments", _("Levels of care"), record.Enrolment,
        "id level starts_on ends_on", lead=("starts_on", "level")),
    Section("teams", _("Care teams"), record.CareAssignment,
        "id team team_name=team__name since until", lead=("team_name",)),
    Section("prescriptions", _("Medicines"), record.Prescription,
        "id drug_name rxcui product_rxcui strength form free_text indication first_supply_days created_by created_at"
        " source_id programme", lead=("drug_name", "strength")),
    Section("dosage_changes", _("Doses: proposed, signed and withdrawn"), record.DosageChange,
        f"id {DRUG} kind status effective_on sig old_sig reason_code note alongside author proposed_at signed_by"
        " signed_at withdrawn_by withdrawn_at withdrawn_note prompted_by_side_effect prompted_by_observation"
        " prompted_by_plan signed_unchecked", lead=("effective_on", "drug", "kind", "status")),
    Section("reviews", _("Reviews of interactions"), knowledge.Review,
        "id change by moment at regimen coverage not_checked scope is_unchecked", lead=("at", "moment")),
    Section("review_releases", _("The knowledge that reviews used"), knowledge.Review.releases.through,
        "id review release source=release__source source_version=release__version", to_patient="review__patient",
        lead=("source", "source_version")),
    Section("findings", _("What reviews found"), knowledge.Finding,
        "id review key kind problem severity drugs prescriptions is_new first_day summary mechanism effect management"
        " onset evidence sources card is_interruptive context is_restricted", to_patient="review__patient",
        lead=("severity", "summary")),
    Section("answers", _("Answers to findings"), knowledge.Answer,
        "id finding key context card reason_code note lead by at follow_up_on follow_up overlap_verdict overlap_days"
        " overlap_from overlap_to", lead=("at", "reason_code")),
    Section("cosignatures", _("Second signatures"), record.CoSignature,
        "id change verdict note findings by at", lead=("at", "verdict")),
    Section("monitoring_orders", _("Measurements that were ordered"), record.MonitoringOrder,
        "id code loinc what due_on problem finding_key ordered_by ordered_at replaces", lead=("due_on", "what")),
    Section("side_effects", _("Side effects, with every version"), record.SideEffectReport,
        "id corrects version term term_code severity began_on ended_on outcome action_taken note red_flags reporter"
        " reporter_role reported_at programme", lead=("began_on", "term", "severity")),
    Section("suspects", _("Medicines suspected of side effects"), record.Suspect,
        f"id report {DRUG} change rank score reasons dose_text", to_patient="report__patient", lead=("drug", "rank")),
    Section("observations", _("Measurements and scales"), record.Observation,
        "id corrects code loinc value comparator value_code unit observed_at recorded_by recorded_at note"
        " entered_in_error source_id programme", lead=("observed_at", "code", "comparator", "value", "unit")),
    Section("encounters", _("Visits"), record.Encounter, "id kind on note by recorded_at programme",
        lead=("on", "kind")),
    Section("allergies", _("Allergies"), record.Allergy,
        "id kind substance rxcui meant recorded_on refuted_on source_id", lead=("substance", "kind")),
    Section("allergy_reactions", _("Reactions"), record.AllergyReaction,
        "id allergy substance=allergy__substance text severity recorded_on", to_patient="allergy__patient",
        lead=("substance", "text")),
    Section("conditions", _("Conditions"), record.Condition,
        "id icd10cm text onset_on abated_on recorded_at source_code source_system source_id programme",
        lead=("icd10cm", "text")),
    Section("import_remarks", _("What another record said and was not taken over as it stood"), record.ImportRemark,
        "id kind source_id what why recorded_at dismissed_at dismissed_by", lead=("what",)),
    Section("fills", _("Fills"), refills.Dispense,
        f"id {DRUG} dispensed_on quantity unit days_supply recorded_by recorded_at note source_id",
        lead=("dispensed_on", "drug")),
    Section("early_fills", _("Early fills"), refills.EarlyFill, "id dispense reason days_early recorded_at",
        lead=("recorded_at", "reason")),
    Section("partial_fills", _("Fills in parts"), refills.PartialFill,
        "id dispense reason handed_at remaining until", lead=("handed_at", "reason")),
    Section("voided_fills", _("Fills that did not happen"), refills.FillVoided,
        f"id dispense {DRUG} why voided_by voided_at", lead=("voided_at", "drug")),
    Section("authorisations", _("Prescriptions for the pharmacy"), refills.Authorisation,
        f"id {DRUG} issued_on quantity unit days_supply refills may_fill_from authorised_by authorised_at",
        lead=("issued_on", "drug")),
    Section("revocations", _("Prescriptions for the pharmacy that were taken back"), refills.Revocation,
        "id authorisation on why revoked_by revoked_at", lead=("on",)),
    Section("renewal_decisions", _("Answers to requests for a refill"), refills.RenewalDecision,
        f"id {DRUG} authorisation answer reason note in_batch decided_by decided_at",
        lead=("decided_at", "drug", "answer")),
    Section("supply_limits", _("Limits of supply"), refills.SupplyLimit,
        f"id {DRUG} most_days since until why set_by set_at", lead=("since", "drug")),
    Section("limits_lifted", _("Limits that were lifted"), refills.LimitLifted, "id limit why lifted_by lifted_at",
        lead=("lifted_at",)),
    Section("gate_releases", _("Supplies given without a laboratory value"), refills.GateRelease,
        f"id {DRUG} code missing since until why released_by released_at", lead=("released_at", "drug", "code")),
    Section("pill_counts", _("Counts of what is left"), refills.PillCount,
        f"id {DRUG} counted_on quantity unit counted_by recorded_at", lead=("counted_on", "drug")),
    Section("adherence_reports", _("How the patient said it was taken"), refills.AdherenceReport,
        f"id {DRUG} answer on said_by said_at", lead=("on", "drug", "answer")),
    Section("messages", _("Messages"), refills.Reminder,
        "id kind channel prescription recipient caregiver fallback_of run_out_on local_date time_zone due_at"
        " next_attempt_at state attempts handed_over_at delivered_at outcome settled_at answer answered_at created_at",
        lead=("local_date", "kind", "channel", "state"),
        kept_out={"takes_key": "what keeps the same event from being told twice"}),
    Section("message_items", _("What messages were about"), refills.ReminderItem,
        f"id reminder {DRUG} kind about_type about_id day", to_patient="reminder__patient", lead=("day", "kind")),
    Section("message_wishes", _("How the patient wants to be told"), refills.ReminderPlan,
        "id cadence overdue channels hour quiet_from quiet_until language version changed_at"),
    Section("channel_choices", _("Consents to messages"), refills.ChannelChoice,
        "id channel opted_in by at how", lead=("at", "channel")),
    Section("caregiver_consents", _("Consents to tell a helper"), refills.CaregiverConsent,
        "id name relation channel address language covers starts_on ends_on recorded_by recorded_at",
        lead=("starts_on", "name")),
    Section("consents_withdrawn", _("Consents that were withdrawn"), refills.ConsentWithdrawn, "id consent by at how",
        to_patient="consent__patient", lead=("at",)),
    Section("calendars", _("Calendars that were shared"), refills.CalendarFeed, "id created_at revoked_at",
        lead=("created_at",)),
    Section("tasks", _("Tasks about the patient"), refills.Task,
        "id kind title detail state priority role assignee claimed_by claimed_until due_at created_at source_type"
        " source_id closed_by closed_at outcome_code outcome closes_on evidence_type evidence_id escalation_level"
        " escalated_at escalate_at raised_to stand_in stand_in_role waits stop_tier service_case rank version",
        lead=("created_at", "title", "state")),
    Section("task_comments", _("What was written under tasks"), refills.TaskComment, "id task author at text",
        to_patient="task__patient", lead=("at",)),
    Section("emergency_openings", _("Who opened the chart in an emergency"), record.BreakGlass,
        "id by role reason opened_at until", lead=("opened_at", "by"), reasons=("reason",)),
    Section("emergency_ends", _("When that ended"), record.BreakGlassEnd, "id opening by at", lead=("at",)),
    Section("emergency_judgements", _("What the privacy officer found"), record.BreakGlassJudgement,
        "id opening verdict note by at", lead=("at", "verdict"), reasons=("note",)),
    Section("amendment_requests", _("What the patient asked to have amended"), record.AmendmentRequest,
        "id way received_on entry_kind entry_number what why tell by at programme", lead=("received_on", "what")),
    Section("amendment_extensions", _("Answers that were put off"), record.AmendmentExtension,
        "id request until why by at", lead=("until",)),
    Section("amendment_answers", _("Answers to what was asked"), record.AmendmentAnswer,
        "id request decision ground words entry_kind entry_number told_whom by at", lead=("at", "decision")),
    Section("amendment_statements", _("Statements of disagreement and rebuttals"), record.AmendmentStatement,
        "id request kind text by at", lead=("at", "kind")),
    Section("part2_consents", _("Consents to see what a programme made"), record.Part2Consent,
        "id programme team_name=programme__team__name recipient team person medicines diagnoses results notes"
        " purpose given_on until ends_with recorded_by recorded_at", lead=("given_on", "team_name", "recipient")),
    Section("part2_consents_revoked", _("Consents of those that were taken back"), record.Part2Revoked,
        "id consent by at", lead=("at",)),
    Section("part2_disclosures", _("Who was shown what a programme made"), record.Disclosure,
        "id programme team_name=programme__team__name to on at consent opening", lead=("on", "team_name", "to")),
    Section("who_has_looked", _("Who has looked, and what they did"), record.AuditEntry,
        "id at actor actor_name role act object_type object_id why request_id", to_patient="audit",
        lead=("at", "actor_name", "act"), reasons=("why",),
        kept_out={"chain": "how the trail is kept", "seq": "how the trail is kept",
                  "detail": "it may name other patients by number"}),
)

EXCUSED: Mapping[type[Model], str] = {
    record.AuditPatient: "the index of the trail; its entries are told in who_has_looked",
    knowledge.CurrentDrug: "computed from the signed changes",
    knowledge.RescreenPatient: "how far a run of the clock has come; what it found is a review",
    refills.SupplyState: "computed from fills and signed changes each night",
    refills.SupplyTouch: "a note to the clock that is used up",
}
"""Tables that lead to a patient and stand in no export, and why."""
# fmt: on
