"""The words of a medication line: the units, routes and timings that this service knows, with where they come from.

Pure: standard library only.
"""

from decimal import Decimal
from typing import NamedTuple

NOT_RECORDED = "UNK"
"""HL7 v3 NullFlavor: history taken over from elsewhere may not say the route or the timing. Never prescribed here."""


class Unit(NamedTuple):
    """How a UCUM unit is written for people, and the largest single amount that is not a slip of the pen."""

    one: str
    many: str
    at_most: Decimal


class Route(NamedTuple):
    """How a route is written in a medication line, with its HL7 v3 RouteOfAdministration / NCPDP-style abbreviation."""

    words: str


class Timing(NamedTuple):
    """How a timing is written, and its doses in so many days; `days` is None where the sig itself says how many."""

    words: str
    doses: Decimal
    days: int | None = 1


UNITS: dict[str, Unit] = {
    "mg": Unit("mg", "mg", Decimal(100_000)),
    "ug": Unit("mcg", "mcg", Decimal(1_000_000)),
    "g": Unit("g", "g", Decimal(500)),
    "mL": Unit("mL", "mL", Decimal(5_000)),
    "meq": Unit("mEq", "mEq", Decimal(1_000)),
    "mmol": Unit("mmol", "mmol", Decimal(1_000)),
    "[iU]": Unit("unit", "units", Decimal(10_000_000)),
    "[drp]": Unit("drop", "drops", Decimal(100)),
    "{tablet}": Unit("tablet", "tablets", Decimal(50)),
    "{capsule}": Unit("capsule", "capsules", Decimal(50)),
    "{film}": Unit("film", "films", Decimal(20)),
    "{patch}": Unit("patch", "patches", Decimal(10)),
    "{puff}": Unit("puff", "puffs", Decimal(20)),
    "{spray}": Unit("spray", "sprays", Decimal(20)),
    "{lozenge}": Unit("lozenge", "lozenges", Decimal(20)),
    "{piece}": Unit("piece", "pieces", Decimal(50)),
    "{suppository}": Unit("suppository", "suppositories", Decimal(10)),
    "{injection}": Unit("injection", "injections", Decimal(5)),
    "{application}": Unit("application", "applications", Decimal(20)),
    "{dose}": Unit("dose", "doses", Decimal(50)),
}
"""UCUM codes (https://ucum.org); curly braces are UCUM annotations for countable things.

Written out as ISMP's list of error-prone abbreviations asks: mcg instead of a Greek letter, "units" instead of IU.
"""

ROUTES: dict[str, Route] = {
    "PO": Route("by mouth"),
    "SL": Route("under the tongue"),
    "BUCC": Route("inside the cheek"),
    "IM": Route("into the muscle"),
    "SC": Route("under the skin"),
    "IV": Route("into the vein"),
    "TD": Route("through the skin"),
    "TOP": Route("on the skin"),
    "IN": Route("into the nose"),
    "INH": Route("inhaled"),
    "OPH": Route("into the eye"),
    "OTIC": Route("into the ear"),
    "PR": Route("rectally"),
    "PV": Route("vaginally"),
    "IMPLANT": Route("as an implant"),
    NOT_RECORDED: Route("by a route not recorded"),
}
"""Abbreviations as on US prescriptions; most are codes of HL7 v3 RouteOfAdministration."""

TIMINGS: dict[str, Timing] = {
    "daily": Timing("once daily", Decimal(1)),
    "morning": Timing("every morning", Decimal(1)),
    "noon": Timing("at noon", Decimal(1)),
    "evening": Timing("every evening", Decimal(1)),
    "bedtime": Timing("at bedtime", Decimal(1)),
    "BID": Timing("twice daily", Decimal(2)),
    "TID": Timing("three times daily", Decimal(3)),
    "QID": Timing("four times daily", Decimal(4)),
    "Q4H": Timing("every 4 hours", Decimal(6)),
    "Q6H": Timing("every 6 hours", Decimal(4)),
    "Q8H": Timing("every 8 hours", Decimal(3)),
    "Q12H": Timing("every 12 hours", Decimal(2)),
    "every_other_day": Timing("every other day", Decimal(1), 2),
    "weekly": Timing("once a week", Decimal(1), 7),
    "twice_weekly": Timing("twice a week", Decimal(2), 7),
    "every_n_days": Timing("every {days} days", Decimal(1), None),
    "PRN": Timing("", Decimal(1)),
    NOT_RECORDED: Timing("at times not recorded", Decimal(1)),
}
"""How often. PRN is "whenever needed, no fixed time" and therefore always as needed; bedtime is QHS.

Most are codes of HL7 v3 TimingAbbreviation (BID, TID, QID, Q4H, Q6H, Q8H) or spell one out (QD, AM, PM, BED, QOD, WK).
"""

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
"""Codes of FHIR's days-of-week, in the order of the week."""

ORDERED_ROUTES = {code: route for code, route in ROUTES.items() if code != NOT_RECORDED}
ORDERED_TIMINGS = {code: timing for code, timing in TIMINGS.items() if code != NOT_RECORDED}
"""What an order may say; only what was taken over from elsewhere may leave a route or a timing open."""
