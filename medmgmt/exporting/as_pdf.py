"""A chart as a PDF for people: every section under its title, each page with name, record number, day and number."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Field
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from fpdf import FPDF
from fpdf.enums import WrapMode, XPos, YPos

from medmgmt.exporting import reading
from medmgmt.exporting.labels import LABELS
from medmgmt.exporting.reading import Export, Row
from medmgmt.exporting.sections import Section
from medmgmt.record import legible
from medmgmt.record.sigs import Sig

MEDIA_TYPE = "application/pdf"
MOST = 300
"""How many rows of a section are printed, the newest; what is more stands in the JSON, and the PDF says so."""
LONGEST = 4000
"""Letters of one text that are printed; the JSON has it whole."""
FONTS = Path(__file__).parent / "fonts"


class Paper(FPDF):
    """A4 pages with a head that says whose they are, and a foot that counts them."""

    def __init__(self, whose: str, on: str) -> None:
        super().__init__(format="A4")
        self.whose, self.on = whose, on
        self.add_font("sans", "", FONTS / "DejaVuSans.ttf")
        self.add_font("sans", "B", FONTS / "DejaVuSans-Bold.ttf")
        self.known = set(self.fonts["sans"].cmap) & set(self.fonts["sansB"].cmap)  # type: ignore[union-attr]  # both are TrueType
        self.set_margins(18, 16)
        self.set_auto_page_break(True, margin=18)

    def header(self) -> None:
        """Whose record, and of which day."""
        self.set_font("sans", "", 8)
        self.line_of(f"{self.whose} · {self.on}")
        self.ln(2)

    def footer(self) -> None:
        """Which page of how many."""
        self.set_y(-14)
        self.set_font("sans", "", 8)
        self.cell(0, 5, _("Page %(number)s of %(all)s") % {"number": self.page_no(), "all": "{nb}"}, align="R")

    def legible(self, text: str) -> str:
        """The text with a mark for each character that the font has not; directions and control characters left out."""
        seen = (
            legible.CONTROLS.sub(" ", legible.plain(text)).replace("\t", " ").replace("\r", "").replace("{nb}", "{ nb}")
        )
        return "".join(one if one == "\n" or ord(one) in self.known else "\ufffd" for one in seen)

    def line_of(self, text: str, size: float = 8, *, style: str = "") -> None:
        """A paragraph over the whole width; it wraps, also inside a word that is longer than a line."""
        self.set_font("sans", style, size)
        self.multi_cell(0, size * 0.5, self.legible(text), align="L", wrapmode=WrapMode.WORD,
                        new_x=XPos.LMARGIN, new_y=YPos.NEXT)  # fmt: skip


def document(export: Export) -> bytes:
    """The whole PDF. Bounded however much is on record: see MOST and LONGEST. One query a section."""
    patient, day = export.patient, date_format(timezone.localtime(export.at), "j M Y H:i")
    name = ", ".join(filter(None, (patient.family_name, patient.given_name)))
    whose = _("%(name)s, MRN %(mrn)s") % {"name": name, "mrn": patient.mrn}
    paper = Paper(whose, _("exported %(on)s") % {"on": day})
    paper.set_title(_("Record"))
    paper.add_page()
    paper.line_of(_("The whole record of %(whose)s") % {"whose": whose}, 15, style="B")
    about = {"site": settings.SITE_NAME, "on": day, "zone": timezone.get_current_timezone_name()}
    paper.line_of(_("%(site)s, %(on)s. Times are those of %(zone)s.") % about, 9)
    for notice in export.notices:
        paper.line_of(notice, 9, style="B")
    for section in reading.sections():
        write_section(paper, section, export)
    paper.ln(4)
    paper.line_of(_("End of the record."), 9, style="B")
    return bytes(paper.output())


def write_section(paper: Paper, section: Section, export: Export) -> None:
    """One section: its title, and a paragraph a row."""
    found = list(reading.rows(section, export, newest=MOST + 1))
    if paper.will_page_break(24):
        paper.add_page()
    paper.ln(4)
    paper.line_of(str(section.title), 12, style="B")
    if not found:
        paper.line_of(_("Nothing is on record."))
    if len(found) > MOST:
        paper.line_of(_("The newest %(number)s are printed; the JSON file has them all.") % {"number": MOST})
    for row in found[:MOST]:
        words = dict(in_words(section, row))
        lead = " · ".join(words.pop(name) for name in section.lead if words.get(name))
        if lead:
            paper.line_of(lead, 9, style="B")
        rest = [f"{LABELS[name]}: {value}" for name, value in words.items() if name in LABELS]
        if rest:
            paper.line_of("; ".join(rest))
        paper.ln(1)


def in_words(section: Section, row: Row) -> Iterator[tuple[str, str]]:
    """Each column that says something, in words."""
    for name, path, _is_person in reading.plan(section)[1]:
        column = None if "__" in path else section.model._meta.get_field(path)
        words = word(row[name], getattr(column, "choices", None) if isinstance(column, Field) else None)
        if words:
            yield name, words[:LONGEST] + (" …" if len(words) > LONGEST else "")


def word(value: Any, choices: Iterable[tuple[Any, str | Promise]] | None) -> str:
    """One value for people; empty for what is not said, and for what only a machine reads."""
    if value is None or value is False or value == "":
        return ""
    if choices is not None and isinstance(value, str | int):
        return str(dict(choices).get(value, value))
    if value is True:
        return _("yes")
    if isinstance(value, datetime):
        return date_format(timezone.localtime(value), "j M Y H:i")
    if isinstance(value, date):
        return date_format(value, "j M Y")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, Sig):
        return value.text()
    if isinstance(value, dict):
        return str(value.get("name", "")) if set(value) == {"id", "name"} else ""
    if isinstance(value, list):
        return ", ".join(one for one in value if isinstance(one, str))
    words = str(value)
    return words[1:-1] if words.startswith("{") and words.endswith("}") else words  # UCUM: {tablet}
