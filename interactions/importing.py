"""From files on disk to a release: parse, keep, and tell the person what was in them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from django.db import IntegrityError
from django.utils.translation import gettext as _

from interactions import library, releases
from interactions.engine.catalogue import Catalogue
from interactions.errors import ImportRefused
from interactions.importers import ddinter, naming, table
from interactions.importers.faults import BadFile, Fault
from interactions.importers.naming import Names
from interactions.importers.pair_import import PairImport
from interactions.models import Release

DDINTER_LICENCE = "CC BY-NC-SA 4.0: non-commercial use, share alike, attribution"
DDINTER_URL = "https://ddinter2.scbdd.com/"
MOST_SHOWN = 20
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Imported:
    """A release with the account of its files; `found` is None when the same contents had been imported before."""

    release: Release
    found: PairImport | None


@dataclass(frozen=True)
class Choices:
    version: str = ""
    released_on: date | None = None
    licence: str = ""
    source: str = ""
    vocabulary: Path | None = None
    skip_bad: bool = False


def import_ddinter(paths: Sequence[Path], choices: Choices, progress: Progress | None = None) -> Imported:
    """DDInter's files as one release, not in use. Raises ImportRefused with every reason."""

    def parse() -> PairImport:
        return ddinter.parse(paths, names(choices.vocabulary), skip_bad=choices.skip_bad, progress=progress)

    about = releases.About(
        source=choices.source or "DDInter",
        version=choices.version or "2.0",
        released_on=choices.released_on or newest(paths),
        licence=choices.licence or DDINTER_LICENCE,
        url=DDINTER_URL,
    )
    return _imported(paths, choices, about, parse)


def import_table(path: Path, choices: Choices, progress: Progress | None = None) -> Imported:
    """A hospital's table as one release, not in use. Raises ImportRefused with every reason."""

    def parse() -> PairImport:
        known = library.current().catalogue
        return table.parse(path, synonyms(choices.vocabulary), known, skip_bad=choices.skip_bad, progress=progress)

    about = releases.About(
        source=choices.source or path.stem,
        version=choices.version or "1",
        released_on=choices.released_on or newest([path]),
        licence=choices.licence,
    )
    return _imported([path], choices, about, parse)


def _imported(
    paths: Sequence[Path], choices: Choices, about: releases.About, parse: Callable[[], PairImport]
) -> Imported:
    try:
        read = [*paths, *([choices.vocabulary] if choices.vocabulary else [])]
        files = releases.digests(read)
        before = releases.known(files)
        if before is not None:
            return Imported(before, None)
        found = parse()
    except BadFile as bad:
        raise ImportRefused(_refusal(bad.faults)) from bad
    except (OSError, UnicodeDecodeError) as unreadable:
        raise ImportRefused(_("The file cannot be read: %(why)s") % {"why": unreadable}) from unreadable
    told = releases.About(**{**vars(about), "warnings": tuple(warnings(found))})
    try:
        return Imported(releases.keep_pairs(told, found, files), found)
    except IntegrityError:
        same = releases.known(files)
        if same is None:
            raise
        return Imported(same, None)


def _refusal(faults: Sequence[Fault]) -> str:
    shown = "\n".join(map(str, faults[:MOST_SHOWN]))
    more = _("... and %(count)d more.") % {"count": len(faults) - MOST_SHOWN} if len(faults) > MOST_SHOWN else ""
    return "\n".join(filter(None, [_("Nothing was imported."), shown, more]))


def warnings(found: PairImport) -> list[str]:
    """What whoever relies on this release must know, in sentences."""
    told = []
    if found.missing_letters:
        told.append(
            _("Files are missing: %(letters)s. Two drugs of missing letters are never compared.")
            % {"letters": ", ".join(found.missing_letters)}
        )
    if "N" in found.missing_letters:
        told.append(_("Without the file N two psychotropic drugs are never compared."))
    if found.conflicts:
        told.append(
            _("%(count)d pairs are graded differently in different places; the most severe grade is kept.")
            % {"count": len(found.conflicts)}
        )
    if found.strangers:
        told.append(
            _("%(count)d codes are in no vocabulary here, such as %(such)s: what is said of them is never found.")
            % {"count": len(found.strangers), "such": ", ".join(map(str, found.strangers[:5]))}
        )
    if found.faults:
        told.append(_("%(count)d rows could not be read and were left out.") % {"count": len(found.faults)})
    return told


def names(vocabulary: Path | None) -> Names:
    """RxCUI by name: what is in use, and the vocabulary where one is given."""
    catalogue = library.current().catalogue
    known = Names()
    for drug in catalogue.drugs.values():
        if drug.rxcui is not None:
            for name in (drug.name, *drug.aliases):
                known.claim(name, drug.rxcui)
    if vocabulary is not None:
        for name, rxcui in naming.read_vocabulary(vocabulary)[0].items():
            known.claim(name, rxcui)
    return known


def synonyms(vocabulary: Path | None) -> Mapping[int, int]:
    """Salt -> ingredient: what is in use, and the vocabulary where one is given."""
    catalogue: Catalogue = library.current().catalogue
    more = naming.read_vocabulary(vocabulary)[1] if vocabulary is not None else {}
    return {**more, **catalogue.synonyms}


def newest(paths: Sequence[Path]) -> date:
    """The day of the newest file: what a release is dated when nobody says."""
    changed = max((path.stat().st_mtime for path in paths if path.is_file()), default=0.0)
    return datetime.fromtimestamp(changed, tz=UTC).date()
