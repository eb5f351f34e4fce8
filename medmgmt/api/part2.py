"""Restricted records of Part 2 programmes: consents, their end, and the accounting of disclosures."""

from medmgmt import part2
from medmgmt.actions import part2 as actions
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import Disclosure, Part2Consent, Part2Revoked, Programme


class ProgrammeLine(Shown):
    """A team that is a Part 2 programme."""

    shows = Programme, "id team phone marked_by marked_at"


class NewProgramme(BodyOfAct):
    """The team, and the phone at which others ask it."""

    asks = actions.mark_programme


class Part2ConsentLine(Shown):
    """A patient's word that others may see what a programme made."""

    shows = Part2Consent, (
        "id patient programme recipient team person medicines diagnoses results notes purpose given_on until ends_with"
        " recorded_by recorded_at"
    )  # fmt: skip


class NewPart2Consent(BodyOfAct):
    """As it was signed: to whom, what for, until when or what."""

    asks = actions.give_consent


class ConsentRevokedLine(Shown):
    """The end of a consent."""

    shows = Part2Revoked, "id consent by at"


class DisclosureLine(Shown):
    """What a programme made was shown to somebody on a day, under a consent or in an emergency."""

    shows = Disclosure, "id patient programme to on at consent opening"


# fmt: off
ADDRESSES = [
    at("programmes", "programmes",
       post=writes(ProgrammeLine, actions.mark_programme,
            "Mark a team as a Part 2 programme: what its members write down from then on is restricted.",
            takes=NewProgramme, status=201, refuses=("refused",))),
    at("patients/<patient_id>/part2-consents", "part2-consents",
       get=lists(Part2ConsentLine, part2.consents, order=("-id",)),
       post=writes(Part2ConsentLine, actions.give_consent, "Write down a consent as it was signed (42 CFR 2.31).",
            takes=NewPart2Consent, status=201, refuses=("refused",))),
    at("part2-consents/<part2_consent_id>/revoke", "revoke-part2-consent",
       post=writes(ConsentRevokedLine, actions.revoke_consent, "End a consent from now on.", status=201,
            refuses=("conflict",))),
    at("disclosures", "disclosures",
       get=lists(DisclosureLine, part2.disclosures, "The accounting of disclosures of the last three years.",
            order=("-at", "-id"))),
]
# fmt: on
