"""What another record said of a patient and could not be taken over as it stood."""

from medmgmt import chart
from medmgmt.actions import importing
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.shapes import Shown
from medmgmt.record.models import ImportRemark


class RemarkLine(Shown):
    """One thing for a person to read; `what` is what the other record said, `why` a sentence on it."""

    shows = ImportRemark, "id kind source_id what why recorded_at dismissed_at dismissed_by"


# fmt: off
ADDRESSES = [
    at("patients/<patient_id>/import-remarks", "import-remarks",
       get=lists(RemarkLine, chart.remarks, order=("kind", "id"))),
    at("import-remarks/<remark_id>/dismiss", "dismiss-remark",
       post=writes(RemarkLine, importing.dismiss_remark, "Say that you have read it and done what it asks.",
            refuses=("conflict",))),
]
# fmt: on
