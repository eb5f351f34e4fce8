"""Tables of the interaction specialist: releases, reviews, screening, selftests; everything is found here."""

from interactions.models.evidence import RowVerdict, Verdict
from interactions.models.releases import (
    DoseModifier,
    DrugSet,
    PairNote,
    PairRow,
    Release,
    ReleaseDrug,
    ReleaseKind,
    ReleaseStatus,
    Rule,
    Severity,
    SideEffectTerm,
    Synonym,
    TableRow,
)
from interactions.models.reviews import Answer, AnswerReason, Finding, Moment, Review, Together
from interactions.models.screening import (
    CurrentDrug,
    LocalChange,
    LocalState,
    RescreenPatient,
    RescreenRun,
    RunState,
    Substance,
)
from interactions.models.selftests import SelftestRun, SelftestScope
