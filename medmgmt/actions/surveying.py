"""What the active knowledge says of many patients' regimens at once, in numbers; nobody's chart is changed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils import timezone

from interactions import library, review
from interactions.engine import check
from interactions.engine.findings import Judgement
from interactions.engine.regimen import Regimen
from interactions.engine.severity import Severity
from medmgmt.record import access, audit
from medmgmt.record.models import User
from medmgmt.regimen import courses


@dataclass
class Survey:
    """Numbers over all patients looked at; findings by severity and, for each, in how many patients."""

    scope: str
    patients: int = 0
    without_medicine: int = 0
    with_pairs: int = 0
    medicines: int = 0
    pairs: Counter[str] = field(default_factory=Counter)
    """State of a pair -> how many."""
    findings: Counter[str] = field(default_factory=Counter)
    patients_by_worst: Counter[str] = field(default_factory=Counter)
    """Severity of a patient's most severe finding -> how many patients."""
    not_checked: int = 0
    patients_not_checked: int = 0
    most_frequent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(severity, drugs) of findings of major severity and above."""


def survey(by: User, patient_ids: Iterable[int]) -> Survey:
    """Checks what each patient takes today, as the chart would; ids of nobody who was taken over are passed over.

    Nothing is kept but one audit entry: a signature is reviewed when it is given.
    """
    knowledge = library.current()
    found = Survey(scope=str(review.scope(knowledge)))
    now = timezone.now()
    for patient in access.patients_taken_over(by, patient_ids):
        regimen = courses.on_day(patient, patient.today(now))
        _add(found, regimen, check.check(regimen, knowledge))
    audit.record(by, "survey_regimens", detail={"patients": found.patients, "findings": sum(found.findings.values())})
    return found


def _add(found: Survey, regimen: Regimen, judgement: Judgement) -> None:
    taken = [drug for drug in regimen.drugs if drug.stopped_on is None]
    found.patients += 1
    found.medicines += len(taken)
    found.without_medicine += not taken
    found.with_pairs += len(taken) > 1
    found.pairs.update(pair.state for pair in judgement.pairs)
    found.findings.update(finding.severity.word for finding in judgement.findings)
    if judgement.findings:
        worst = max(finding.severity for finding in judgement.findings)
        found.patients_by_worst[worst.word] += 1
    found.not_checked += len(judgement.not_checked)
    found.patients_not_checked += bool(judgement.not_checked)
    for finding in judgement.findings:
        if finding.severity >= Severity.MAJOR:
            found.most_frequent[finding.severity.word, " with ".join(finding.drugs)] += 1
