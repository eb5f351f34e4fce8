"""One chart, whole: what belongs to it, told as JSON for machines and as a PDF for people."""

FORMS = ("json", "pdf")
