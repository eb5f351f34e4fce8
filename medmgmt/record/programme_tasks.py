"""Which tasks are a Part 2 programme's own: seen by nobody outside it, and alone closed by what it writes down."""

from collections.abc import Mapping, Sequence

from django.db.models import Model, Q
from django.utils import timezone

from medmgmt.record import part2
from medmgmt.record.models.amendments import AmendmentRequest
from medmgmt.record.models.encounters import Encounter
from medmgmt.record.models.monitoring_orders import MonitoringOrder
from medmgmt.record.models.observations import Observation
from medmgmt.record.models.part2 import Programme
from medmgmt.record.models.people import User
from medmgmt.record.models.prescriptions import DosageChange, Prescription
from medmgmt.record.models.side_effects import SideEffectReport
from refills.models import Dispense
from refills.worklist.kinds import MONITORING_ORDER

PROGRAMME = "programme"
"""The kind of source of a task that is a programme's alone; its number is the programme's."""
ORDER = "monitoring_order"
TASKS_ABOUT = {
    Observation: "observation",
    SideEffectReport: "side_effect",
    Encounter: "encounter",
    MonitoringOrder: ORDER,
    AmendmentRequest: "amendment",
}
"""From what a task comes that is about such a record; that of an order comes from a change, and has its key."""


def hidden_tasks(by: User, patient_ids: object) -> Q:
    """The condition of tasks about what programmes made and this person may not see, and of those that tell a
    programme of an emergency, for everybody outside it. Two queries, more where there is a programme of others."""
    mine = Programme.objects.filter(team__in=part2.memberships(by, timezone.now()).values("team")).values_list(
        "pk", flat=True
    )
    others = Programme.objects.exclude(pk__in=mine).values_list("pk", flat=True)
    told = Q(source_type=PROGRAMME, source_id__in=[str(pk) for pk in others])
    return told | about(hidden_sources(by, patient_ids)) if others else told


def own_tasks(made: Model) -> Q:
    """The condition of tasks that what was just written down may close: any, but where a programme wrote it only those
    about what it made itself, since the others' would tell of it. One query a table."""
    number, patient = getattr(made, "programme_id", None), getattr(made, "patient_id", None)
    if number is None:
        return Q()
    rows = {
        name: list(model._default_manager.filter(patient=patient, programme=number).values_list("pk", flat=True))
        for model, name in {Prescription: "prescription", **TASKS_ABOUT}.items()
    }
    return about(followed(rows)) | Q(source_type=PROGRAMME, source_id=str(number))


def about(names: Mapping[str, Sequence[int]]) -> Q:
    """The condition of tasks that come from these, by kind of source."""
    keys = [MONITORING_ORDER.key_of(pk) for pk in names.get(ORDER, ())]
    found = Q(key__in=keys)
    for kind, numbers in names.items():
        found |= Q(source_type=kind, source_id__in=[str(pk) for pk in numbers])
    return found


def hidden_sources(by: User, patient_ids: object) -> dict[str, list[int]]:
    """By kind of source the numbers of what this person may not see; one query a table."""
    found: dict[str, list[int]] = {}
    for model, name in {Prescription: "prescription", **TASKS_ABOUT}.items():
        rows = model._default_manager.filter(patient_id__in=patient_ids, programme__isnull=False)
        found[name] = list(rows.exclude(part2.open_to(by, kind=part2.KINDS[model])).values_list("pk", flat=True))
    return followed(found)


def followed(names: dict[str, list[int]]) -> dict[str, list[int]]:
    """The same with what rests on the prescriptions; kinds without any are left out. Two queries where there is one."""
    found = dict(names)
    if hidden := found["prescription"]:
        changes = DosageChange.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
        fills = Dispense.objects.filter(prescription_id__in=hidden).values_list("pk", flat=True)
        found |= {"dosage_change": list(changes), "dispense": list(fills)}
    return {name: numbers for name, numbers in found.items() if numbers}
