"""What two drugs do together where one of them reaches the blood only in part."""

from collections.abc import Iterable, Iterator, Sequence

from interactions.engine.findings import Finding
from interactions.engine.routes import PARTIAL
from interactions.engine.rules.seats import Seat
from interactions.engine.severity import Severity


def calmed(findings: Iterable[Finding], seats: Sequence[Seat]) -> Iterator[Finding]:
    """Each finding, no louder than moderate and with the reason where every line of one of its drugs is absorbed in
    part only."""
    partly = {seat.entry.key: seat.exposure.reason for seat in seats if seat.exposure.systemic == PARTIAL}
    whole = {seat.entry.key for seat in seats if seat.is_present and seat.exposure.systemic != PARTIAL}
    for one in findings:
        reasons = [f"{key} is absorbed in part: {partly[key]}" for key in one.drugs if key in partly.keys() - whole]
        if not reasons:
            yield one
            continue
        told = ". ".join((one.management.rstrip("."), *reasons))
        yield one._replace(severity=min(one.severity, Severity.MODERATE), management=told)
