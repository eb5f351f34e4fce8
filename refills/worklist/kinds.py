"""The one table of what opens a task: its kind, whom it goes to, its key, what it is about, what closes it, its title.

When it is due and along which chain it is raised stands in data/service_levels.csv, by the kind and the case.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from refills.models import TaskKind
from refills.worklist.service_levels import ROLES

PSYCHIATRIST, NURSE, PHARMACIST = ROLES
PRIVACY_OFFICER = "privacy_officer"
"""An office: no clinician stands in for it; what is late of it is raised to the administrators."""
ASSIGNEE = ""
"""In place of a role: it goes to one person, whom the caller names, and to nobody else."""


class Closes(Enum):
    """What makes a task done."""

    WORD = "somebody says what came of it"
    ACT = "the act it asks for, or somebody who says what came of it"
    PROMISE = "what was promised to be recorded; a word where nothing was, or nothing that can be recorded"
    EVIDENCE = "what is recorded, and nothing else"


@dataclass(frozen=True, slots=True, eq=False)
class Occasion:
    """One row: something that happens, and the task that it opens; the caller says about what, and the detail."""

    kind: TaskKind
    role: str
    key: str
    about: str
    closes: Closes
    title: Promise
    case: str = ""
    priority: int | None = None

    def key_of(self, *parts: object) -> str:
        """The key of its task about these; the same event never opens two."""
        return self.key.format(*parts)[:200]

    @property
    def begins(self) -> str:
        """How every key of it begins."""
        return self.key.partition("{")[0]


# fmt: off
REVIEW_PROPOSAL = Occasion(TaskKind.REVIEW_PROPOSAL, PSYCHIATRIST, "proposal:{}", "dosage_change", Closes.ACT,
    _("Proposal waits for a signature"))
NOT_CHECKED = Occasion(TaskKind.NOT_CHECKED, PHARMACIST, "not-checked:{}", "dosage_change", Closes.WORD,
    _("Drug that could not be checked"))
FOLLOW_UP = Occasion(TaskKind.FINDING_FOLLOW_UP, PSYCHIATRIST, "follow-up:{}", "dosage_change", Closes.PROMISE,
    _("Follow up an accepted risk"), priority=2)
COSIGN = Occasion(TaskKind.COSIGN, PHARMACIST, "cosign|{}|{}", "dosage_change", Closes.EVIDENCE,
    _("A second signature is asked for"))
COSIGN_DECLINED = Occasion(TaskKind.COSIGN, PSYCHIATRIST, "cosign-declined|{}", "dosage_change", Closes.ACT,
    _("A second signature was declined"), case="declined")
MONITORING_ORDER = Occasion(TaskKind.MONITORING_ORDER, NURSE, "monitoring-order:{}", "dosage_change", Closes.PROMISE,
    _("Monitoring to arrange"))
RESULT_FOR_PRESCRIBER = Occasion(TaskKind.RESULT, PSYCHIATRIST, "result|prescriber|{}|{}|{}|{}", "observation",
    Closes.WORD, _("A result needs you"))
RESULT_FOR_NURSE = Occasion(TaskKind.RESULT, NURSE, "result|nurse|{}|{}|{}|{}", "observation", Closes.WORD,
    _("A result needs you"))
RECORD_REVIEW = Occasion(TaskKind.RESULT, PSYCHIATRIST, "record-review:{}", "review", Closes.WORD,
    _("Something newly on record speaks against a medicine: please look again"))
LAB_GATE = Occasion(TaskKind.LAB_GATE, PSYCHIATRIST, "lab-gate|{}|{}|{}|{}", "prescription", Closes.EVIDENCE,
    _("A supply waits for a lab"))
SIDE_EFFECT = Occasion(TaskKind.SIDE_EFFECT_REVIEW, PSYCHIATRIST, "side-effect:{}", "side_effect", Closes.ACT,
    _("Review a side effect"))
RESCREENED = Occasion(TaskKind.KNOWLEDGE_CHANGE, PSYCHIATRIST, "rescreen:{}:{}", "rescreening", Closes.ACT,
    _("The knowledge has changed: please look at these medicines again"))
RULE_PROPOSED = Occasion(TaskKind.KNOWLEDGE_CHANGE, PHARMACIST, "local-change:{}", "local_change", Closes.ACT,
    _("A change of what the knowledge says here waits for a second person"))
RULE_SUSPENDED = Occasion(TaskKind.KNOWLEDGE_CHANGE, PHARMACIST, "local-rule:{}:{}", "local_change", Closes.ACT,
    _("A rule of this clinic is out of use: its cases fail"), case="suspended")
ROW_OBJECTED = Occasion(TaskKind.KNOWLEDGE_CHANGE, PHARMACIST, "row-objected:{}", "knowledge_drug", Closes.WORD,
    _("A pharmacist objects to a row of the knowledge: change what it says here, or say why it stays"))
RENEWAL = Occasion(TaskKind.RENEWAL, PSYCHIATRIST, "renewal|{}|{}", "prescription", Closes.ACT,
    _("A prescription has no fill left"))
REFILL_ASKED = Occasion(TaskKind.REFILL_REQUEST, PSYCHIATRIST, "refill:{}:{}:{}", "prescription", Closes.ACT,
    _("Refill asked for"))
REFILL_ASKED_BY_LINK = Occasion(TaskKind.REFILL_REQUEST, PSYCHIATRIST, "refill_request|{}|{}", "prescription",
    Closes.ACT, _("Refill asked for"))
FILL_LOOK = Occasion(TaskKind.FILL_LOOK, PHARMACIST, "fill|{}", "dispense", Closes.WORD,
    _("A fill needs a look"))
PICKED_UP = Occasion(TaskKind.FILL_LOOK, NURSE, "picked_up|{}|{}", "prescription", Closes.WORD,
    _("The patient says that a supply is picked up: please write the fill down"))
SUPPLY_GAP = Occasion(TaskKind.SUPPLY_GAP, NURSE, "gap|{}|{}", "prescription", Closes.ACT,
    _("A supply has run out and no fill is recorded: please contact the patient."))
REPLY = Occasion(TaskKind.CONTACT_PATIENT, NURSE, "contact_patient|reply|{}|{}|{}", "", Closes.WORD,
    _("The patient answered a message: please call"), case="reply")
RED_FLAG = Occasion(TaskKind.CONTACT_PATIENT, NURSE, "red_flag|{}|{}|{}", "", Closes.WORD,
    _("Call the patient now: what they told us cannot wait"), case="red_flag")
RED_FLAG_PRESCRIBER = Occasion(TaskKind.CONTACT_PATIENT, PSYCHIATRIST, "red_flag|prescriber|{}|{}|{}", "", Closes.WORD,
    _("Look now: what a patient told us cannot wait"), case="red_flag")
NOT_ARRIVED = Occasion(TaskKind.CONTACT_PATIENT, NURSE, "contact_patient|reminder|{}", "reminder", Closes.WORD,
    _("A reminder could not be delivered: please contact the patient."), priority=2)
MAY_HAVE_ARRIVED = Occasion(TaskKind.CONTACT_PATIENT, NURSE, NOT_ARRIVED.key, "reminder", Closes.WORD,
    _("It is not known whether a reminder arrived: please contact the patient."), priority=2)
ADDRESS_FAILS = Occasion(TaskKind.FIX_CONTACT, NURSE, "fix_contact|{}", "reminder", Closes.ACT,
    _("Messages come back: please see to the address"), priority=2)
OWN_ADDRESS_FAILS = Occasion(TaskKind.FIX_CONTACT, ASSIGNEE, "fix_contact|user|{}", "reminder", Closes.WORD,
    _("Messages come back: please see to the address"), priority=2)
NOTICE_LOST = Occasion(TaskKind.FIX_CONTACT, ASSIGNEE, OWN_ADDRESS_FAILS.key, "reminder", Closes.WORD,
    _("A notice to you could not be delivered: please check your address."))
MESSAGE_HELD = Occasion(TaskKind.MESSAGE_HELD, NURSE, "held|{}|{}", "held", Closes.ACT,
    _("Messages were held after a restore: decide whether they still go."), priority=2)
BREAK_GLASS = Occasion(TaskKind.BREAK_GLASS, PRIVACY_OFFICER, "break-glass:{}", "break_glass", Closes.EVIDENCE,
    _("A chart was opened in an emergency: say whether that was right"))
PART2_EMERGENCY = Occasion(TaskKind.PART2_EMERGENCY, PSYCHIATRIST, "part2|{}|{}", "programme", Closes.WORD,
    _("What your programme prescribed was opened in an emergency"))
STAFF_ASKED = Occasion(TaskKind.STAFF_CHANGE, PHARMACIST, "staff-change:{}", "staff_change", Closes.ACT,
    _("A change of a login waits for a second person"))
STAFF_ALONE = Occasion(TaskKind.STAFF_CHANGE, PSYCHIATRIST, "staff-alone:{}", "staff_change", Closes.WORD,
    _("One administrator alone has changed a login: please see whether it was right"), case="alone")
AMENDMENT = Occasion(TaskKind.AMENDMENT, NURSE, "amendment:{}", "amendment", Closes.EVIDENCE,
    _("A patient asks to have the record amended"))
AMENDMENT_DISPUTED = Occasion(TaskKind.AMENDMENT, NURSE, "amendment-disputed:{}", "amendment", Closes.ACT,
    _("A patient disagrees with our answer: write a rebuttal, or say that none is needed"), case="disputed")
AMENDMENT_LETTER = Occasion(TaskKind.AMENDMENT, NURSE, "amendment-letter:{}:{}", "amendment", Closes.WORD,
    _("A patient without a login has to get our answer on paper"), case="letter")
# fmt: on

TABLE: Mapping[str, Occasion] = {name: row for name, row in list(globals().items()) if isinstance(row, Occasion)}
