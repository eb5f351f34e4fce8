"""A whole chart as JSON, sent piece by piece. By session only, with a fresh proof; the PDF is on the pages."""

from functools import partial
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from medmgmt.actions import exporting
from medmgmt.api.kit.endpoint import Endpoint, Handler, Operation, at, attached
from medmgmt.api.kit.fields import Instant, Strict
from medmgmt.exporting import files, sections
from medmgmt.record import door
from medmgmt.record.models import User


class NewExport(Strict):
    """What it is needed for; a patient need not say."""

    reason = serializers.CharField(
        max_length=2000, allow_blank=True, default="", help_text="A sentence, for the trail."
    )


class Exporter(serializers.Serializer[Any]):
    """For whom it left."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class ChartDocument(serializers.Serializer[Any]):
    """Everything on record about one patient, a list a table; medmgmt/exporting/README.md tells the rows."""

    format = serializers.CharField()
    format_version = serializers.IntegerField()
    site = serializers.CharField(allow_blank=True)
    exported_at = Instant()
    exported_by = Exporter()
    reason = serializers.CharField(allow_blank=True)
    notices = serializers.ListField(child=serializers.CharField())
    complete = serializers.BooleanField(help_text="The last member: what ends without it was cut off.")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        tables = {one.name: serializers.ListField(child=serializers.DictField()) for one in sections.SECTIONS}
        return {**super().get_fields(), **tables}


def exports() -> Handler:
    """A POST that answers with the file."""
    words = "Everything on record about one patient as one document. It is on record that it left, for whom and why."
    as_json = partial(exporting.export_chart, form="json")
    operation = Operation(ChartDocument, as_json, takes=NewExport, words=words,
                          refuses=("refused", "confirm-identity", "not-in-person", "too-many-requests"))  # fmt: skip

    def handler(view: Endpoint, request: Request, **ids: Any) -> StreamingHttpResponse:
        door.require_in_person()
        body = NewExport(data=request.data)
        body.is_valid(raise_exception=True)
        assert isinstance(request.user, User)
        export = as_json(request.user, *ids.values(), **body.validated_data)
        file = files.file_of(export, "json")
        return StreamingHttpResponse(file.pieces, content_type=file.media_type, headers=file.headers)

    return attached(handler, operation)


ADDRESSES = [at("patients/<patient_id>/export", "export-chart", post=exports())]
