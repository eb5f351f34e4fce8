"""FHIR R4 MedicationRequests and MedicationStatements as plain readings, with the Medication that each is of.

Pure. One that cannot be read raises Unreadable with the reason in words.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from medmgmt.fhir.importing import dates, resources
from medmgmt.fhir.importing.dates import When
from medmgmt.fhir.importing.resources import Concept, Resource

RUNS = ("active", "on-hold")
INTENTS = ("order", "original-order", "reflex-order", "filler-order", "instance-order")


@dataclass(frozen=True, slots=True)
class RequestReading:
    """A MedicationRequest or MedicationStatement.

    `status` is one of active, on-hold, completed and stopped; `left_out` says why it is nothing that was ever to be
    taken, blank if it is. `begins` and `ends` are what a statement says of its days; `follows` is the order before it,
    `tells_of` are the orders that a statement repeats.
    """

    id: str
    kind: str
    patient_id: str
    status: str
    authored: When | None
    product: Concept
    dosage: list[Any]
    reason_ids: tuple[str, ...] = ()
    reason_text: str = ""
    left_out: str = ""
    notes: tuple[str, ...] = ()
    begins: When | None = None
    ends: When | None = None
    follows: str = ""
    tells_of: tuple[str, ...] = field(default=())

    @property
    def ref(self) -> str:
        """Kind and id."""
        return f"{self.kind}/{self.id}"

    @property
    def runs(self) -> bool:
        """Whether the source says that it goes on."""
        return self.status in RUNS


STATEMENTS = {
    "not-taken": "it says that the medicine is not taken",
    "intended": "it says what is intended and not yet taken",
    "unknown": "it is not known whether it is taken",
}


def request(resource: Resource, medications: Mapping[str, Resource], zone: tzinfo) -> RequestReading:
    """A MedicationRequest; `medications` are the Medication resources that it may point to, by id."""
    return RequestReading(
        authored=dates.when(resource.get("authoredOn"), zone),
        dosage=resources.listed(resource.get("dosageInstruction")),
        left_out=_why_left_out(resource),
        status=str(resource.get("status") or ""),
        follows=resources.pointer(resource.get("priorPrescription")),
        **_ordered(resource, medications),
    )


def statement(resource: Resource, medications: Mapping[str, Resource], zone: tzinfo) -> RequestReading:
    """A MedicationStatement: what somebody says is taken, or not."""
    status = str(resource.get("status") or "")
    period = resource.get("effectivePeriod")
    at = resource.get("effectiveDateTime")
    asserted = dates.when(resource.get("dateAsserted"), zone)
    begins = dates.when(resources.start(period) or at, zone)
    links = [one for key in ("basedOn", "derivedFrom", "partOf") for one in resources.listed(resource.get(key))]
    left_out = ""
    if status not in (*RUNS, "completed", "stopped"):
        left_out = STATEMENTS.get(status, f"its status is {status or 'missing'}")
    return RequestReading(
        authored=asserted or begins,
        dosage=resources.listed(resource.get("dosage")),
        left_out=left_out,
        status=status,
        begins=begins,
        ends=dates.when(resources.end(period), zone),
        tells_of=tuple(filter(None, map(resources.pointer, links))),
        **_ordered(resource, medications),
    )


def _ordered(resource: Resource, medications: Mapping[str, Resource]) -> dict[str, Any]:
    """What an order and a statement have in common."""
    reasons = [one for one in resources.listed(resource.get("reasonReference")) if isinstance(one, dict)]
    codes = [resources.concept(one).called for one in resource.get("reasonCode") or []]
    texts = [str(one.get("text") or "") for one in resources.listed(resource.get("note")) if isinstance(one, dict)]
    why = resource.get("statusReason")
    whys = [resources.concept(one).called for one in (why if isinstance(why, list) else [why]) if isinstance(one, dict)]
    return {
        "id": resources.identity(resource),
        "kind": str(resource["resourceType"]),
        "patient_id": resources.reference(resource, "subject"),
        "product": product(resource, medications),
        "reason_ids": tuple(resources.last_segment(str(one["reference"])) for one in reasons if one.get("reference")),
        "reason_text": ", ".join([*codes, *(str(one["display"]) for one in reasons if one.get("display"))]),
        "notes": tuple(filter(None, [*texts, *(f"Status: {text}" for text in whys)])),
    }


def _why_left_out(resource: Resource) -> str:
    status, intent = resource.get("status"), resource.get("intent")
    if status == "entered-in-error":
        return "it was entered in error"
    if resource.get("doNotPerform") is True:
        return "it says that the medicine must not be given"
    if status not in (*RUNS, "stopped", "completed"):
        return f"its status is {status or 'missing'}"
    if intent not in INTENTS:
        return f"its intent is {intent or 'missing'}, not an order"
    return ""


def product(resource: Resource, medications: Mapping[str, Resource]) -> Concept:
    """The medicine of an order: coded in it, contained in it, or a Medication that it points to."""
    coded = resource.get("medicationCodeableConcept")
    if coded is not None:
        return resources.concept(coded)
    target = resource.get("medicationReference")
    if not isinstance(target, dict):
        raise resources.Unreadable("it names no medication")
    pointer, display = str(target.get("reference") or ""), str(target.get("display") or "").strip()
    found: Resource | None = None
    inside = {str(one.get("id")): one for one in resource.get("contained") or [] if isinstance(one, dict)}
    if pointer.startswith("#"):
        found = inside.get(pointer[1:])
    elif pointer:
        found = medications.get(resources.last_segment(pointer)) or inside.get(resources.last_segment(pointer))
    if found is not None:
        return medication(found, display)
    if not display:
        raise resources.Unreadable(
            "the Medication it points to is not in these files" if pointer else "it names no medication"
        )
    return Concept(display)


def medication(resource: Resource, display: str = "") -> Concept:
    """What a Medication is: by its code, else by its ingredients with their strengths and its form."""
    coded = resource.get("code")
    if isinstance(coded, dict) and (coded.get("coding") or coded.get("text")):
        found = resources.concept(coded)
        return found if found.text or not display else Concept(display, found.codings)
    parts = [one for one in resource.get("ingredient") or [] if isinstance(one, dict)]
    active = [one for one in parts if one.get("isActive") is not False]
    named = [(resources.concept(one["itemCodeableConcept"]), one) for one in active if one.get("itemCodeableConcept")]
    if not named or len(named) < len(active):
        if display:
            return Concept(display)
        raise resources.Unreadable("the Medication has neither a code nor ingredients that are named")
    shape = resource.get("form")
    form = (
        resources.concept(shape).called
        if isinstance(shape, dict) and (shape.get("coding") or shape.get("text"))
        else ""
    )
    text = " / ".join(f"{what.called} {_strength(one.get('strength'))}".strip() for what, one in named)
    codings = named[0][0].codings if len(named) == 1 else ()
    return Concept(f"{text} {form}".strip(), codings)


def _strength(ratio: Any) -> str:
    """As RxNorm writes one: "300 MG", "2 MG/ML"."""
    if not isinstance(ratio, dict) or not isinstance(ratio.get("numerator"), dict):
        return ""
    above, below = ratio["numerator"], ratio.get("denominator") or {}
    unit = str(above.get("code") or above.get("unit") or "")
    said = f"{above.get('value')} {unit}".strip()
    liquid = str(below.get("code") or below.get("unit") or "").lower()
    if liquid not in ("ml", "h", "l"):
        return said
    number = below.get("value")
    return f"{said}/{liquid}" if number in (1, None) else f"{said}/{number} {liquid}"
