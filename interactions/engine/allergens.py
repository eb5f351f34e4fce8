"""What a line of an allergy list speaks of: drugs, whole classes, things that are no medicine, or nothing known."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz.distance import OSA

from interactions.engine.catalogue import TRAILING, Catalogue, CatalogueDrug
from interactions.engine.folding import DASHES, folded

UNKNOWN, DRUG, CLASS, MEMBER, OTHER, NONE = "unknown", "drug", "class", "member", "other", "none"
BETWEEN = re.compile(r"[,;\n\r•|]|\s(?:and|y|plus|&|\+)\s", re.IGNORECASE)
REACTION = re.compile(rf"\s[{DASHES}]+>?\s+|\s*[:=(\[→]\s*|\s*->\s*|\s[{DASHES}]+(?=\w)|(?<=\w)[{DASHES}]+\s")
"""What stands between a substance and what it did."""
BRACKETS = re.compile(r"[(\[]([^()\[\]]*)[)\]]")
TOKEN = re.compile(r"[^\s/:=()\[\]\"?!*.]+(?:\.[^\s/:=()\[\]\"?!*.]+)*")
FILLERS = frozenset(
    """
    abx antibacterial base derivatives w
    a all allergen allergic allergies allergy alergia alergias alergica alergico adverse after ago an antibiotic
    antibiotics any as bad be been by cause caused causes causing child childhood class con de developed did documented
    drug drugs due effect effects el en family finding from gave get gets give gives got group had has have history h/o
    hx hypersensitivity hypersensitive in intolerance intolerant is it la las los makes me medication medications
    medicine medicines meds made my of on or other otherwise patient per possible probable product products propensity
    pt reaction reactions reported rxn sensitive sensitivity sensitivities serious side since situation substance
    suspected take takes taken taking the to type unknown unspecified used uses via was when while with years iv po
    disorder high dose doses intolerancia medicamento medicamentos los un una al del
    """.split()  # noqa: SIM905
)
"""Words around a substance that say neither what it is nor what it did."""
DENIALS = frozenset(
    """
    no not denies denied never ok okay fine tolerate tolerates tolerated tolera niega sin without
    """.split()  # noqa: SIM905
)
EXCEPTIONS = frozenset("except excepting but besides than excepto salvo pero".split())  # noqa: SIM905
"""After these words of a denial begins what it leaves out."""
FORBIDDING = re.compile(
    r"\b(?:(?:do|should|must) not|don't|never) (?:give|use|prescribe|restart|start)\b"
    r"|\b(?:do|does|did|could|can) ?not tolerate\b"
    r"|\b(?:doesn't|didn't|couldn't|can't|cant|cannot|can not|unable to) (?:tolerate|take|have|use)\b"
    r"|\bno (?:tolera|dar)\b"
)
"""A denial that says the opposite of none."""
HEADS = frozenset("no nil none nothing denies denied without sin niega ninguna ninguno nka nkda nkfa nkma nkea".split())  # noqa: SIM905
STATED = frozenset(
    """
    known of or and y o any other all history at this time on file record recorded documented reported reports per pt
    patient mom mother dad father parent family caregiver chart to date as today verified reviewed confirmed updated
    allergy allergies allergic adverse reaction reactions intolerance intolerances sensitivities conocidas conocida
    alergia alergias refiere a al
    """.split()  # noqa: SIM905
)
SUBJECTS = {
    "nkda": frozenset(
        """
        drug drugs med meds medication medications medicine medicines medicamento medicamentos medicamentosas
        """.split()  # noqa: SIM905
    ),
    "nkfa": frozenset({"food", "foods", "alimentos"}),
    "nkea": frozenset({"environmental"}),
}
"""The words of a statement that none is known, and what it is about."""
INITIALS = re.compile(r"\b(n)[. ]?(k)[. ]?([dfme]?)[. ]?(a)\b")
MEDICINES = frozenset(
    """
    drug drugs medication medications medicine medicines meds pills tablets vaccine vaccines
    """.split()  # noqa: SIM905
)
LONGEST, SHORTEST = 6, 3
"""Words in a name; letters of a name inside a sentence."""
SLIPS = ((8, 2), (5, 1))
"""From so many letters on, so many slips of the finger are forgiven."""


@dataclass(frozen=True, slots=True)
class Named:
    """A row of allergens.csv: what people call a substance, and which groups or drug it is."""

    name: str
    kind: str
    words: tuple[str, ...]
    groups: frozenset[str] = frozenset()
    drug: str = ""
    rxcuis: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Allergen:
    """One substance of a line as it was understood; `key` is a drug's, `groups` are those that it names or is in."""

    said: str
    name: str = ""
    kind: str = UNKNOWN
    key: str = ""
    groups: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()
    """Of the drug and of everything in it."""
    reaction: str = ""

    @property
    def meaning(self) -> tuple[str, frozenset[str]]:
        return self.key or self.name, self.groups


class Allergens:
    """Reads allergy lists by the names of one catalogue and one table of words; what was read is kept."""

    def __init__(self, catalogue: Catalogue, named: Iterable[Named], reactions: Mapping[str, tuple[str, ...]]) -> None:
        self._catalogue = catalogue
        self._named = tuple(named)
        self._reactions = reactions
        self._keys: dict[str, frozenset[str]] = {}
        self._read: dict[tuple[str, int | None], tuple[Allergen, ...]] = {}

    def read(self, text: str, rxcui: int | None = None) -> tuple[Allergen, ...]:
        """Every substance of a line. A code says what is meant where the words do not; where both do, both count."""
        known = self._read.get((text, rxcui))
        if known is None:
            if len(self._read) > 4096:
                self._read.clear()
            known = self._read[text, rxcui] = tuple(self._coded(text, rxcui) if rxcui else self._line(text))
        return known

    def _coded(self, text: str, rxcui: int) -> Iterator[Allergen]:
        coded = self._of_code(rxcui)
        written = self._line(text) if text else []
        meant = {one.meaning for one in coded}
        same = [one for one in written if coded and (one.kind == UNKNOWN or one.meaning in meant)]
        told = "; ".join(one.reaction for one in same if one.reaction)
        yield from (replace(one, said=text or one.name, reaction=told) for one in coded)
        yield from (one for one in written if one not in same)

    def _of_code(self, rxcui: int) -> list[Allergen]:
        """A substance, salt or brand, or what a product holds where no drug of the catalogue is made of just that."""
        found = self._by_code.get(rxcui) or self._of_entry(self._catalogue.coded(rxcui))
        if found is not None:
            return [found]
        made_of = self._catalogue.made_of.get(rxcui)
        parts = made_of.rxcuis if made_of is not None and made_of.rxcuis != (rxcui,) else ()
        return [part for code in parts for part in self._of_code(code)]

    def _line(self, text: str) -> list[Allergen]:
        whole = self._whole(text) or self._stated(text)
        if whole is not None:
            return [whole]
        found: list[Allergen] = []
        for part in parts(text):
            plain = FORBIDDING.sub(" ", folded(part))
            is_remark = bool(found) and bool(DENIALS.intersection(plain.split()[:1])) and not self._stated(part)
            read = [] if is_remark else self._part(part)
            if not read and found:
                found[-1] = replace(found[-1], reaction=joined(found[-1].reaction, part))
            elif not read:
                found.append(Allergen(part))
            else:
                found += [one for one in read if one not in found]
        return found or [Allergen(text.strip())]

    def _part(self, part: str) -> list[Allergen]:
        """The substances of one part; none where it only says what the one before did."""
        whole = self._whole(part) or self._stated(part)
        if whole is not None:
            return [whole]
        without = self._whole(BRACKETS.sub(" ", part))
        if without is not None and without.kind == NONE:
            return [without]
        inside = BRACKETS.findall(part)
        front, _, behind = split_at(REACTION, BRACKETS.sub(" ", part))
        found, rest = self._spans(front)
        is_bare = not self._beyond_reactions(rest)
        if not found and behind and is_bare:
            after = self._spans(behind)[0]
            if after:
                return [replace(one, reaction=joined(" ".join(rest), *map(self._told, inside))) for one in after]
        if not found and is_bare:
            return []
        if not found:
            found, rest = self._misspelt(part, front, rest)
        exact = [one for one in map(self._whole, inside) if one is not None and one.kind != NONE]
        told = joined(
            " ".join(rest) if found[0].name else "",
            *(self._told(one) for one in (*inside, behind) if self._whole(one) is None),
        )
        meant: dict[tuple[str, frozenset[str]], Allergen] = {}
        for one in (*found, *exact):
            meant.setdefault(one.meaning, one)
        return [replace(one, reaction=joined(one.reaction, told)) for one in meant.values()]

    def _whole(self, text: str) -> Allergen | None:
        """What goes by exactly these words, strength and salt aside."""
        plain = folded(text).strip(" .!?*\"'")
        found = self._by_word.get(plain) or self._of_entry(self._catalogue.typed(plain))
        return None if found is None else replace(found, said=text.strip())

    def _stated(self, text: str) -> Allergen | None:
        """The statement that none is known, with who says so and since when, where the words say nothing else."""
        words = re.findall(r"[^\W\d_]+", INITIALS.sub(r"\1\2\3\4", folded(text)))
        if not HEADS.intersection(words) or not HEADS.union(STATED, *SUBJECTS.values()).issuperset(words):
            return None
        is_about = any(word.startswith(("alerg", "allerg", "adverse", "intoler", "nk")) for word in words)
        if not is_about and words[0] in ("no", "without", "sin"):
            return None
        names = {name for name, kinds in SUBJECTS.items() if name in words or kinds.intersection(words)}
        found = self._by_word.get(names.pop() if len(names) == 1 else "nka")
        return None if found is None else replace(found, said=text.strip())

    def _spans(self, text: str) -> tuple[list[Allergen], list[str]]:
        """Every name within a sentence, the longest first, and the words that are left and mean something."""
        words = self._tokens(text)
        found: list[Allergen] = []
        rest: list[str] = []
        place = 0
        denied = False
        while place < len(words):
            if words[place] in EXCEPTIONS and not found and HEADS.union(DENIALS).intersection(words[:place]):
                denied = False
                rest.clear()
                place += 1
                continue
            denied = denied or words[place] in DENIALS
            for end in range(min(len(words), place + LONGEST), place, -1):
                one = None if denied else self._within(words[place:end])
                if one is not None:
                    found.append(one)
                    place = end
                    break
            else:
                if words[place] not in FILLERS and not TRAILING.fullmatch(words[place]):
                    rest.append(words[place])
                place += 1
        is_more = self._beyond_reactions(rest) or MEDICINES.intersection(words)
        if found and is_more and all(one.kind == OTHER for one in found):
            return [], words
        return found, rest

    def _within(self, words: list[str]) -> Allergen | None:
        if len(words) == 1 and len(words[0]) < SHORTEST:
            return None
        for between in (" ", "-"):
            name = between.join(words)
            found = self._by_word.get(name)
            if found is not None and found.kind != NONE:
                return replace(found, said=name)
        return None

    def _tokens(self, text: str) -> list[str]:
        """Words; one with a hyphen that no name has is two."""
        found: list[str] = []
        for word in TOKEN.findall(FORBIDDING.sub(" ", folded(text))):
            is_one = "-" not in word or word in self._all_words or not self._beyond_reactions([word])
            found += [word] if is_one else [part for part in word.split("-") if part]
        return found

    def _beyond_reactions(self, words: list[str]) -> str:
        """What of these words is no reaction, no filler and no denial."""
        left = self._reaction_words.sub(" ", " ".join(words)) if words else ""
        return " ".join(word for word in left.split() if word.strip("-'") and word not in FILLERS | DENIALS)

    def _told(self, behind: str) -> str:
        """What stands behind a substance, if it says more than "(finding)"."""
        told = behind.strip(" )].;")
        return told if set(TOKEN.findall(folded(told))) - FILLERS else ""

    def _misspelt(self, part: str, front: str, rest: list[str]) -> tuple[list[Allergen], list[str]]:
        """The one meaning near to what was typed, or what was typed as unknown: two that are near are none."""
        left = self._beyond_reactions(rest)
        for candidates in ([left], left.split()):
            near = {word: found for word in candidates if (found := self._nearest(word)) is not None}
            if near and len({one.meaning for one in near.values()}) == 1 and not DENIALS.intersection(rest):
                word, one = next(iter(near.items()))
                return [replace(one, said=word)], [other for other in rest if other not in word.split()]
        return [Allergen(part if DENIALS.intersection(folded(front).split()) else front.strip() or part)], rest

    def _nearest(self, word: str) -> Allergen | None:
        slips = next((most for letters, most in SLIPS if len(word) >= letters), 0)
        if not slips or word in self._all_words:
            return None
        distances: dict[tuple[str, frozenset[str]], tuple[int, Allergen]] = {}
        for spelling, one in self._spellings:
            if abs(len(spelling) - len(word)) > slips + 1:
                continue
            distance = OSA.distance(word, spelling, score_cutoff=slips + 1)
            if distance <= slips + 1 and distance < distances.get(one.meaning, (slips + 2, one))[0]:
                distances[one.meaning] = (distance, one)
        ranked = sorted(distances.values(), key=lambda item: item[0])
        if not ranked or ranked[0][0] > slips:
            return None
        best = ranked[0][0]
        is_alone = len(ranked) == 1 or ranked[1][0] > (slips if best < slips else best + slips - 1)
        return ranked[0][1] if is_alone else None

    def inside(self, entry: CatalogueDrug) -> frozenset[str]:
        """The drug and everything in it."""
        held = self._keys.get(entry.key)
        if held is None:
            inside = filter(None, map(self._catalogue.coded, entry.ingredients))
            held = self._keys[entry.key] = frozenset({entry.key, *(part.key for part in inside)})
        return held

    def _of_entry(self, entry: CatalogueDrug | None) -> Allergen | None:
        return None if entry is None else self._by_key.get(entry.key)

    @cached_property
    def _by_key(self) -> dict[str, Allergen]:
        groups: dict[str, frozenset[str]] = {}
        for row in self._named:
            if row.drug:
                groups[row.drug] = groups.get(row.drug, frozenset()) | row.groups
        return {
            key: Allergen("", entry.name, DRUG, key, groups.get(key, frozenset()), self.inside(entry))
            for key, entry in self._catalogue.drugs.items()
        }

    def _of_row(self, row: Named) -> Allergen | None:
        if row.kind == UNKNOWN:
            return Allergen("")
        return self._by_key.get(row.drug) if row.drug else Allergen("", row.name, row.kind, "", row.groups)

    @cached_property
    def _by_word(self) -> dict[str, Allergen]:
        found: dict[str, Allergen] = {}
        for entry in self._catalogue.drugs.values():
            for name in (entry.name, entry.key):
                found.setdefault(folded(name), self._by_key[entry.key])
        for row in self._named:
            read = self._of_row(row)
            if read is not None:
                found |= dict.fromkeys(map(folded, row.words), read)
        for entry in self._catalogue.drugs.values():
            for name in entry.aliases:
                found.setdefault(folded(name), self._by_key[entry.key])
        return found

    @cached_property
    def _by_code(self) -> dict[int, Allergen]:
        rows = ((code, self._of_row(row)) for row in self._named for code in row.rxcuis)
        return {code: read for code, read in rows if read is not None}

    @cached_property
    def _spellings(self) -> list[tuple[str, Allergen]]:
        return [
            (word, one)
            for word, one in self._by_word.items()
            if len(word) > SHORTEST and one.kind not in (NONE, UNKNOWN)
        ]

    @cached_property
    def _all_words(self) -> frozenset[str]:
        return frozenset(part for word in self._by_word for part in word.split())

    @cached_property
    def _reaction_words(self) -> re.Pattern[str]:
        phrases = sorted({folded(one) for of in self._reactions.values() for one in of}, key=len, reverse=True)
        return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, phrases)) or '(?!)'})(?:s|es|ing|ed)?(?!\w)")


def parts(text: str) -> list[str]:
    """What commas, semicolons, line breaks and "and" keep apart, brackets left whole."""
    found, depth, begin = [], 0, 0
    for place, letter in enumerate(text):
        depth = max(0, depth + (letter in "([") - (letter in ")]"))
        hit = BETWEEN.match(text, place) if not depth and place >= begin else None
        if hit is not None:
            found.append(text[begin:place])
            begin = hit.end()
    found.append(text[begin:])
    return [part.strip() for part in found if part.strip()]


def split_at(pattern: re.Pattern[str], text: str) -> tuple[str, str, str]:
    """Before, the separator, and behind; all of it before where there is none."""
    hit = pattern.search(text)
    return (text, "", "") if hit is None else (text[: hit.start()], hit[0], text[hit.end() :])


def joined(*told: str) -> str:
    return "; ".join(one for one in told if one)
