"""Taking knowledge out of use as it is done here: proposed by a pharmacist, approved by somebody else."""

from interactions.models import LocalChange
from medmgmt.actions import knowledge
from tests import factories


def out_of_use(release_id: int) -> LocalChange:
    """Pia proposes it, Dr Adler approves it."""
    change = knowledge.propose_switch(factories.pia(), release_id, becomes="retired", reason="It is wrong.")
    return knowledge.approve(factories.adler(), change.pk)
