"""The tables of care between two reviews: read as they are written, and refused whole where one cannot be read."""

from collections.abc import Mapping
from decimal import Decimal

import pytest

from interactions.engine import care_tables
from interactions.engine.care_tables import AdherenceClass, Injection, LabGate, MonitoringRule, OverdoseSign, Span
from tests.interactions import shipped

RULE = {
    "rule_id": "M1", "target": "clozapine", "parameter": "Neutrophils", "loinc": "26499-4", "loinc_alt": "751-8; 753-4",
    "schedule_segments": "0..:14", "overdue_grace_days": "3", "event_triggers": "fever",
}  # fmt: skip
GATE = {
    "drug": "clozapine", "code": "anc", "rule_id": "M1", "lowest": "0.5", "condition": "benign", "grace_days": "3",
    "label": "neutrophils", "source": "label",
}  # fmt: skip
INJECTION = {"product": "it", "interval_days": "30", "window_early_days": "7", "window_late_days": "5"}
SIGN = {"kind": "sign_scale", "value": "cssrs", "at_least": "3", "within_days": "90", "words": "w", "source": "s"}


def read(**tables: Mapping[str, str]) -> care_tables.CareTables:
    return care_tables.read({name: [row] for name, row in tables.items()}, {"753-4": "anc"})


def test_a_schedule_is_read_as_it_is_written_and_nothing_else_is() -> None:
    told = "0..182:7;183..365:14;366..:28"
    assert care_tables.schedule(told) == (Span(0, 182, 7), Span(183, 365, 14), Span(366, None, 28))
    assert care_tables.schedule(" 0..:90 ") == (Span(0, None, 90),)
    for wrong in ("", "0..182", "0-182:7", "0..182:7;", "x0..182:7", "0..182:7x"):
        with pytest.raises(ValueError, match="is no interval"):
            care_tables.schedule(wrong)


def test_every_cell_comes_to_its_place_and_a_blank_one_is_none() -> None:
    found = read(monitoring_rules=RULE, lab_gates=GATE, lai_rules=INJECTION, overdose_risk=SIGN)
    every = (Span(0, None, 14),)
    assert found.monitoring == (MonitoringRule("clozapine", "Neutrophils", "anc", every, 3, "fever"),)
    assert found.gates == (LabGate("clozapine", "anc", "neutrophils", every, Decimal("0.5"), 3, "benign", "label"),)
    assert found.injections == (Injection("it", 30, 7, 5),)
    assert found.overdose == (OverdoseSign("sign_scale", "cssrs", Decimal(3), 90, "w", "s"),)
    blank = read(
        monitoring_rules={**RULE, "schedule_segments": "", "overdue_grace_days": "", "loinc_alt": ""},
        lab_gates={**GATE, "lowest": ""},
        overdose_risk={**SIGN, "at_least": "", "within_days": ""},
        adherence_classes={"class": "c", "label": "Classes", "scope": "set:c"},
    )
    assert blank.monitoring == (MonitoringRule("clozapine", "Neutrophils", "", (), 0, "fever"),)
    assert (blank.gates[0].lowest, blank.gates[0].spans) == (None, ())
    assert (blank.overdose[0].at_least, blank.overdose[0].within_days) == (None, None)
    assert blank.classes == (AdherenceClass("c", "Classes", "set:c"),)


def test_an_injection_that_goes_by_dose_has_no_window_of_its_own() -> None:
    assert read(lai_rules={**INJECTION, "window_late_days": "see rules"}).injections == ()


@pytest.mark.parametrize(
    "tables",
    [
        {"monitoring_rules": {**RULE, "schedule_segments": "weekly"}},
        {"lab_gates": GATE},
        {"monitoring_rules": RULE, "lab_gates": {**GATE, "grace_days": "soon"}},
        {"overdose_risk": {**SIGN, "within_days": "lately"}},
    ],
)
def test_what_cannot_be_read_is_refused(tables: dict[str, dict[str, str]]) -> None:
    with pytest.raises((ValueError, KeyError)):
        read(**tables)


def test_the_shipped_release_has_some_of_each_and_a_release_without_them_has_none() -> None:
    found = shipped.book().formulary.care
    assert all([found.monitoring, found.gates, found.injections, found.overdose, found.classes])
    assert not any(vars(care_tables.read({}, {})).values())
