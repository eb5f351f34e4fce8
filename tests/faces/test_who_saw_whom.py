"""Every address, as every role: whom an answer shows, by name, number or medicine, stands in the trail; nobody else."""

import re
from dataclasses import dataclass, field

import pytest
from django.db.models import Max

from medmgmt.record.models import AuditEntry, AuditPatient, Patient
from tests.faces import decoys
from tests.faces.lists import WITHOUT
from tests.faces.matrix import QUERIES
from tests.faces.test_matrix import PEOPLE, path_of, rows, sessions, try_out

pytestmark = pytest.mark.django_db
OF_WHOM = {
    "Castillo": "Castillo C-1001 sertraline tramadol stoppedol laterol withdrawnol",
    "Park": "Park P-3003 patazine",
    "Stein": "Stein samazine",
    "Leftfield": "Leftfield L-4004 leftazine",
}
"""What tells that a patient is shown: the name, the record number, what they take."""
ABOUT_MEDICINES = (
    "web:knowledge", "web:knowledge_drug", "api:knowledge-drug",
    "web:alerts", "web:selftest", "api:alerts", "api:drugs", "api:rules", "api:selftests",
)  # fmt: skip
"""Pages that speak of medicines and of nobody who takes them; see WITHOUT in lists.py too."""
COMMON = {"sertraline", "tramadol"}
TOLD_BY_THE_ASKER = {
    "api:check": COMMON, "api:understand-line": COMMON, "web:start": COMMON, "web:break_glass": {"C-1001"},
}  # fmt: skip
"""What an answer only gives back to whoever typed it."""


@dataclass
class Written:
    """What one answer wrote into the trail: the actors, and whom its entries name."""

    before: int
    by: dict[int, set[int | None]] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)

    def look(self) -> None:
        """Reads what is there now and was not before; it is undone right after."""
        entries = AuditEntry.objects.filter(pk__gt=self.before)
        for patient, actor in entries.exclude(patient=None).values_list("patient_id", "actor_id"):
            self.by.setdefault(patient, set()).add(actor)
        named = AuditPatient.objects.filter(entry__in=entries).values_list("patient_id", "entry__actor_id")
        for patient, actor in named:
            self.by.setdefault(patient, set()).add(actor)
            self.seen.add(patient)


def newest() -> int:
    """The number of the newest entry."""
    return AuditEntry.objects.aggregate(newest=Max("pk"))["newest"] or 0


def shown(name: str, body: bytes) -> set[str]:
    """The patients whom an answer shows."""
    text = body.decode(errors="replace")
    left_out = {*WITHOUT.get(name, "").split(), *TOLD_BY_THE_ASKER.get(name, ())}
    left_out |= COMMON if name.startswith(ABOUT_MEDICINES) else set()

    def is_there(word: str) -> bool:
        return re.search(rf"(?<![\w.@]){re.escape(word)}(?!\w)", text) is not None

    return {
        whose
        for whose, words in OF_WHOM.items()
        if any(word not in left_out and is_there(word) for word in words.split())
    }


def is_named_by_number(number: int, body: bytes) -> bool:
    """Whether an answer of the API speaks of this patient by number alone: that shows them as well."""
    return re.search(rb'"(?:patient|patient_id)":%d[,}]' % number, body.replace(b" ", b"")) is not None


def test_whomever_an_answer_shows_stands_in_the_trail_with_whoever_asked_and_nobody_else_does() -> None:
    clinic, silent, noisy = decoys.build(), [], []
    keys = sessions(clinic.world)
    numbers = {name: pk for pk, name in clinic.names[Patient].items()}
    begins = newest()
    for row, (template, method) in rows().items():
        name = row.split()[0]
        ids = {**clinic.ids, "kind": "stop", "act": "activate", "name": "refused", "decision": "approve"}
        path = path_of(template, ids) + QUERIES.get(row, "")
        for who in PEOPLE:
            found = Written(begins)
            sign, body = try_out(name, method, path, clinic.world, keys.get(who), then=found.look)
            person = clinic.world.people[who]
            told = shown(name, body)
            if person is not None:
                silent += [
                    f"{row} {who} {sign}: {one}" for one in told if person.pk not in found.by.get(numbers[one], ())
                ]
            elif told:
                silent.append(f"{row} {who} {sign}: {told}")
            told |= {one for one in OF_WHOM if is_named_by_number(numbers[one], body)}
            noisy += [f"{row} {who} {sign}: {one}" for one in OF_WHOM if numbers[one] in found.seen and one not in told]
    assert not silent, "shown, and no row:\n" + "\n".join(silent)
    assert not noisy, "a row, and not shown:\n" + "\n".join(noisy)
