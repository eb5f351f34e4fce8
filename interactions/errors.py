"""What this room says no with: sentences for a clinician or a pharmacist."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

if TYPE_CHECKING:
    from interactions.models import Finding


class InteractionsError(Exception):
    """The root of this room's errors; `words` is what one says that is raised without a sentence."""

    words: Promise | str = ""

    def __init__(self, sentence: str = "") -> None:
        super().__init__(sentence or str(self.words))


class UnansweredFindings(InteractionsError):
    """Findings of major severity or above that nobody has answered; `findings` lists them."""

    def __init__(self, findings: "Iterable[Finding]") -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        message = ngettext(
            "%(count)d finding needs an answer before this can be signed.",
            "%(count)d findings need an answer before this can be signed.",
            count,
        )
        super().__init__(message % {"count": count})


class NothingChecked(InteractionsError):
    """No release was in use when the order was reviewed, and its signer has not said that this is known."""

    words = gettext_lazy(
        "Nothing was checked: no knowledge is in use. Sign it as “unchecked” if it cannot wait, or have a release put"
        " into use first."
    )


class CoSignatureNeeded(InteractionsError):
    """Contraindicated findings that no second person has co-signed; `findings` lists them."""

    def __init__(self, findings: "Iterable[Finding]") -> None:
        self.findings = tuple(findings)
        count = len(self.findings)
        message = ngettext(
            "%(count)d contraindicated finding needs the co-signature of another prescriber or a pharmacist.",
            "%(count)d contraindicated findings need the co-signature of another prescriber or a pharmacist.",
            count,
        )
        super().__init__(message % {"count": count})


class MassChange(InteractionsError):
    """A release that takes the place of another and takes away much of it."""

    words = gettext_lazy(
        "This takes away or regrades much of what is in use. A pharmacist proposes it, and a second person approves."
    )


class NoSuchFinding(InteractionsError):
    words = gettext_lazy("There is no such finding.")


class NoSuchRelease(InteractionsError):
    words = gettext_lazy("There is no such release of knowledge.")


class NamesDisagree(InteractionsError):
    """A name and a code, or an ingredient and a product, that are different drugs; both are named."""

    def __init__(self, named: str, other: str, rxcui: int | None = None) -> None:
        told = {"named": named, "other": other, "rxcui": rxcui}
        if rxcui is None:
            sentence = _("The drug is %(named)s, and the product is %(other)s. Say which of the two is meant.")
        elif other:
            sentence = _("The name says %(named)s, and RxCUI %(rxcui)s is %(other)s. Say which of the two is meant.")
        else:
            sentence = _(
                "The name says %(named)s, and RxCUI %(rxcui)s is in no vocabulary here. Leave it out or mend it."
            )
        super().__init__(sentence % told)


class AlreadyAnswered(InteractionsError):
    words = gettext_lazy("This finding has already been answered.")


class NotAnAnswer(InteractionsError):
    """A reason that is not on the list, a follow-up before today, or a finding that asks for no answer."""


class NothingToTest(InteractionsError):
    """A selftest without rules in use, or without cases."""


class NoSuchLocalChange(InteractionsError):
    words = gettext_lazy("There is no such change of the clinic's own.")


class NoSuchDrug(InteractionsError):
    words = gettext_lazy("There is no such drug in the knowledge.")


class NotARule(InteractionsError):
    """Something that cannot become a rule: unknown drugs, no reason, no cases, or decided already."""


class CasesFailed(InteractionsError):
    """A rule whose own cases do not come out as they should; `failed` says which, each in a sentence."""

    def __init__(self, failed: Iterable[str]) -> None:
        self.failed = tuple(failed)
        super().__init__(_("It cannot go live: %(failed)s") % {"failed": " ".join(self.failed)})


class ImportRefused(InteractionsError):
    """Files that were not imported, with every reason; nothing of them was kept."""


class DownloadRefused(InteractionsError):
    """A download that was not made or not trusted; what was fetched so far stays in its .part file."""
