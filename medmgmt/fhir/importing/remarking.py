"""What a patient is converted with, where whatever somebody has to read of it becomes a remark for the chart."""

from dataclasses import dataclass, field
from datetime import datetime

from medmgmt.actions.history import PastRemark
from medmgmt.fhir.importing.medicines import Asked
from medmgmt.fhir.importing.report import Report

LEFT_OUT, UNCLEAR = "left_out", "unclear"


@dataclass
class Converting:
    """What everything of a patient is converted with, and what it leaves for the chart."""

    whom: Asked
    report: Report
    now: datetime
    remarks: list[PastRemark] = field(default_factory=list)

    def leave_out(self, kind: str, of: str, what: str, why: str) -> None:
        """One resource that was understood and is nothing to take over."""
        self.report.leave_out(kind, why)
        self.remarks.append(PastRemark(f"{kind}/{of}", LEFT_OUT, what, f"{why[0].upper()}{why[1:]}."))

    def doubt(self, source_id: str, what: str, why: str) -> None:
        """Something that was taken over and has to be read again."""
        self.remarks.append(PastRemark(source_id, UNCLEAR, what, why))


def of_fault(fault: tuple[str, str, str]) -> PastRemark:
    source_id, what, why = fault
    return PastRemark(source_id, LEFT_OUT, what, f"It could not be read: {why}.")
