"""An export as a file: its name, which names nobody, its kind, and its content in pieces."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from medmgmt.exporting import as_json, as_pdf
from medmgmt.exporting.reading import Export


@dataclass(frozen=True)
class File:
    """What is downloaded; the pieces are made while they are sent."""

    name: str
    media_type: str
    pieces: Iterable[bytes]

    @property
    def headers(self) -> dict[str, str]:
        """What a browser is told beside it."""
        return {"Content-Disposition": f'attachment; filename="{self.name}"'}


def file_of(export: Export, form: str) -> File:
    """The chart as `json` or `pdf`. Only the PDF is made at once."""
    name = f"record-{timezone.localdate(export.at).isoformat()}.{form}"
    if form == "pdf":
        return File(name, as_pdf.MEDIA_TYPE, [as_pdf.document(export)])
    return File(name, as_json.MEDIA_TYPE, as_json.pieces(export))
