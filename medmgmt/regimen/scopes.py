"""How a drug is named and scoped for rules about supply."""

from interactions import library
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.knowledge import Knowledge
from medmgmt.record.models import Prescription
from refills.supply import rules


def scopes_of(prescription: Prescription, among: Knowledge | None = None) -> frozenset[str]:
    """What the supply rules may say of this drug: its schedule, its sets and classes in the active knowledge.

    Each call without `among` asks the database which knowledge is in use: give it for many at once.
    """
    knowledge = among or library.current()
    return scopes_for(drug_named(prescription.drug_name, prescription.rxcui, knowledge), among=knowledge)


def drug_named(name: str, rxcui: int | None = None, among: Knowledge | None = None) -> CatalogueDrug | None:
    """The drug in the knowledge; None where no release knows it."""
    knowledge = among or library.current()
    resolved = library.resolve(name=name, rxcui=rxcui, among=knowledge)
    return knowledge.catalogue.drugs[resolved.key] if resolved else None


def scopes_for(
    drug: CatalogueDrug | None, schedule: str = "", *, among: Knowledge | None = None
) -> frozenset[str]:  # fmt: skip
    """The scopes of a drug of the catalogue; a schedule that is told counts beside its own, the stricter wins."""
    if drug is None:
        return rules.scopes(schedule)
    named = (among or library.current()).sets
    sets = {f"set:{name}" for name, members in named.items() if drug.key in members}
    classes = {f"class:{name}" for name in ("antiseizure", "antidepressant") if name in drug.drug_class.lower()}
    classes |= {"class:long-acting injection"} if drug.is_long_acting else set()
    own = rules.scopes(drug.attributes.get("dea_schedule", ""), {f"drug:{drug.key}", *sets, *classes})
    return own | rules.scopes(schedule)
