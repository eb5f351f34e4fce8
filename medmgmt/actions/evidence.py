"""A pharmacist says of one row of the knowledge in use that it was reviewed, or what is wrong with it."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import evidence
from interactions.errors import NotARule
from interactions.models import Release, RowVerdict, Verdict
from medmgmt.record import access, audit
from medmgmt.record.models import User
from refills.worklist import kinds, tasks


@transaction.atomic
def judge_row(
    by: User, drug_id: int, *, table: str, key: str, sha256: str, verdict: str, remark: str = ""
) -> RowVerdict:
    """Keeps the verdict on the row exactly as it was shown; an objection opens a task for the pharmacists.

    NotARule where the row says something else by now, where an objection has no words, where there is nothing to take
    back, or where the same holds already.
    """
    access.require(by, "curate_knowledge")
    list(Release.objects.select_for_update().filter(pk__in=[one.pk for one in evidence.in_use()]))
    row = _as_shown(drug_id, table, key, sha256)
    remark = remark.strip()
    if verdict == Verdict.OBJECTION and not remark:
        raise NotARule(_("Say what is wrong with it."))
    held = evidence.verdicts([sha256]).get(sha256)
    if held is None and verdict == Verdict.TAKEN_BACK:
        raise NotARule(_("There is nothing to take back."))
    if held is not None and (held.verdict, held.remark) == (verdict, remark):
        raise NotARule(_("It is so already."))
    made = RowVerdict.objects.create(
        source=row.origin, table=table, key=key, sha256=sha256, verdict=verdict, remark=remark, by=by, at=timezone.now()
    )
    audit.record(by, "judge_row", obj=("row_verdict", made.pk), detail={"table": table, "verdict": verdict})
    if held is not None and held.verdict == Verdict.OBJECTION:
        tasks.cancel_by_key(kinds.ROW_OBJECTED.key_of(held.pk), _("It has been decided."))
    if verdict == Verdict.OBJECTION:
        tasks.open_for(
            kinds.ROW_OBJECTED, made.pk, source=("knowledge_drug", drug_id), detail=f"{table}, {key}: {remark}"
        )
    return made


def _as_shown(drug_id: int, table: str, key: str, sha256: str) -> evidence.Row:
    drug = evidence.name_of(drug_id)
    for release in evidence.in_use():
        for row in evidence.about(release, drug):
            if (row.table, row.key, row.sha256) == (table, key, sha256):
                return row
    raise NotARule(_("This row says something else by now. Look at it again."))
