"""Builds data/ from the clinical tables and the formulary's codes, so that every shipped row can be traced."""

import csv
import hashlib
import json
import re
import shutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from interactions.engine.catalogue import normal
from interactions.importers import naming

COPIED = (
    "attribute_dose_modifiers.csv",
    "dosing_rules.csv",
    "drug_sets.csv",
    "lai_rules.csv",
    "monitoring_rules.csv",
    "pair_rules.csv",
    "side_effects.csv",
)
OWN = (
    "allergy_groups.csv",
    "card_information.csv",
    "card_monitoring.csv",
    "condition_rules.csv",
    "condition_terms.csv",
    "dose_checks.csv",
    "dose_limits.csv",
    "drug_supplements.csv",
    "duplicate_classes.csv",
    "high_priority_pairs.csv",
    "food_rules.csv",
    "lab_actions.csv",
    "lab_names.csv",
    "lab_rules.csv",
    "lai_overlaps.csv",
    "pair_rule_supplements.csv",
    "passive_pairs.csv",
    "patient_states.csv",
    "problem_families.csv",
    "reactions.csv",
    "risk_factors.csv",
    "roles.csv",
    "source_attributes.csv",
    "source_policy.csv",
    "symptom_rules.csv",
)
"""Tables that are written in data/ itself and have no other source."""
SHIPPED = Path(__file__).resolve().parents[1] / "data"
ADDED_COLUMNS = ["rxcui", "atc", "ingredients", "screened_as", "in_rules"]
COMPONENTS = {
    "amphetamine mixed salts": ("amphetamine", "dextroamphetamine"),
    "bictegravir-emtricitabine-tenofovir": ("bictegravir", "emtricitabine", "tenofovir alafenamide"),
    "dabigatran": ("dabigatran etexilate",),
    "etonogestrel implant": ("etonogestrel",),
    "insulin": (),
    "iron supplement": ("iron",),
    "progestin-only contraceptive": (),
    "sodium oxybate": ("oxybate",),
}
"""Rows whose components their names do not spell out."""
SAME_DRUG = {
    "divalproex sodium": "valproate",
    "lithium carbonate": "lithium",
    "lithium citrate": "lithium",
    "oxybate": "sodium oxybate",
    "valproic acid": "valproate",
}
"""Formulary names of salts and acids that are one medicine with a row of the clinical tables."""
ONLY_USED_IN = {
    "bictegravir": "bictegravir-emtricitabine-tenofovir",
    "carbidopa": "carbidopa-levodopa",
    "darunavir": "darunavir-ritonavir",
    "ethinyl estradiol": "ethinyl estradiol contraceptive",
    "iron": "iron supplement",
    "lopinavir": "lopinavir-ritonavir",
    "nicotine": "nicotine replacement",
    "nirmatrelvir": "nirmatrelvir-ritonavir",
    "samidorphan": "olanzapine-samidorphan",
    "serdexmethylphenidate": "serdexmethylphenidate-dexmethylphenidate",
    "sulfamethoxazole": "trimethoprim-sulfamethoxazole",
    "xanomeline": "xanomeline-trospium",
}
"""Formulary ingredients for which the rules speak only under the product they come in."""
SYNONYMS = {
    1000112: ("medroxyprogesterone acetate", "medroxyprogesterone"),
    11118: ("valproic acid", "valproate"),
    1091642: ("azilsartan medoxomil", "azilsartan"),
    235473: ("heparin sodium", "heparin"),
    236083: ("alendronic acid", "alendronate"),
    2387307: ("calcium oxybate", "oxybate"),
    2387308: ("magnesium oxybate", "oxybate"),
    2387309: ("potassium oxybate", "oxybate"),
    266856: ("divalproex sodium", "valproate"),
    28815: ("lithium orotate", "lithium"),
    42351: ("lithium carbonate", "lithium"),
    52105: ("lithium citrate", "lithium"),
    9899: ("sodium oxybate", "oxybate"),
}
"""RxCUI -> (its name, the formulary name of the ingredient); more follow from the vocabulary where one is given."""
ALSO_KNOWN_AS = {
    "alcohol": ("ethanol",),
    "amphetamine": ("amfetamine",),
    "amphetamine mixed salts": ("mixed amphetamine salts", "dextroamphetamine-amphetamine"),
    "aspirin": ("baby aspirin", "acetylsalicylic acid"),
    "benztropine": ("benzatropine",),
    "clorazepate": ("clorazepic acid",),
    "dextroamphetamine": ("dexamfetamine",),
    "ethinyl estradiol": ("ethinylestradiol",),
    "glycopyrrolate": ("glycopyrronium",),
    "levalbuterol": ("levosalbutamol",),
    "levomepromazine": ("methotrimeprazine",),
    "mesalamine": ("mesalazine",),
    "methamphetamine": ("metamfetamine",),
    "nitroglycerin": ("glyceryl trinitrate",),
    "norethindrone": ("norethisterone",),
    "penicillin V": ("phenoxymethylpenicillin",),
    "rifampin": ("rifampicin",),
    "st john's wort": ("saint john's wort",),
    "torsemide": ("torasemide",),
    "trimethoprim-sulfamethoxazole": ("TMP-SMX", "co-trimoxazole", "sulfamethoxazole-trimethoprim"),
    "valacyclovir": ("valaciclovir",),
}
"""International names that the formulary's own column lacks."""

Row = dict[str, str]


@dataclass
class Formulary:
    """The formulary's rows by name, the vocabulary's codes, and which rows a clinical row has taken as its own."""

    rows: dict[str, Row]
    vocabulary: dict[str, str] = field(default_factory=dict)
    mixtures: dict[frozenset[str], str] = field(default_factory=dict)
    """RxCUI of a combination by the plain names of what is in it."""
    taken: set[str] = field(default_factory=set)

    @classmethod
    def read(cls, formulary: Path, vocabulary: Path | None) -> "Formulary":
        """Of formulary_codes.csv and, where one is given, a vocabulary with rxcui, tty and name."""
        listed = _read(vocabulary) if vocabulary is not None else []
        return cls(
            rows={plain(row["name"]): row for row in _read(formulary)},
            vocabulary={plain(row["name"]): row["rxcui"] for row in listed if row["tty"] == "IN"},
            mixtures={
                frozenset(map(plain, row["name"].split(" / "))): row["rxcui"] for row in listed if row["tty"] == "MIN"
            },
        )

    def code(self, name: str) -> str:
        """The RxCUI of a name; empty when neither list has one."""
        row = self.rows.get(plain(name))
        return (row["rxcui"] if row else "") or self.vocabulary.get(plain(name), "")

    def knows(self, name: str) -> bool:
        """Whether either list has the name."""
        return plain(name) in self.rows or plain(name) in self.vocabulary


def plain(name: str) -> str:
    """A name for comparing two tables: small letters, no full stops."""
    return normal(name).replace(".", "")


def build(
    clinical: Path, formulary: Path, out: Path, *, version: str, released_on: date, vocabulary: Path | None = None
) -> dict[str, int]:
    """Write every file of data/ but its README's prose; answers rows by file. The same input writes the same bytes."""
    out.mkdir(parents=True, exist_ok=True)
    listed = Formulary.read(formulary, vocabulary)
    rows = _drugs(_read(clinical / "drugs.csv"), listed)
    columns = list(rows[0])
    counts = {"drugs.csv": _write(out / "drugs.csv", columns, rows)}
    synonyms = _synonyms(listed, rows, vocabulary)
    counts["ingredient_synonyms.csv"] = _write(out / "ingredient_synonyms.csv", list(synonyms[0]), synonyms)
    for name in COPIED:
        shutil.copyfile(clinical / name, out / name)
        counts[name] = len(_read(out / name))
    for name in OWN:
        if not (out / name).exists():
            shutil.copyfile(SHIPPED / name, out / name)
        counts[name] = len(_read(out / name))
    about = {"source": "medmgmt", "version": version, "released_on": released_on.isoformat()}
    about["licence"] = "see data/README.md: own tables, RxNorm (public domain), ATC codes (WHO), HPO, LOINC"
    (out / "release.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
    _write_sums(out, sorted([*counts, "release.json"]))
    return counts


def _read(path: Path) -> list[Row]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def _write(path: Path, columns: list[str], rows: Iterable[Row]) -> int:
    written = list(rows)
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(written)
    return len(written)


def _drugs(clinical: list[Row], formulary: Formulary) -> list[Row]:
    """The clinical rows with their codes, then every formulary drug that has no row of its own, then other proxies."""
    rows = [_with_codes(row, formulary) for row in clinical]
    names = {plain(row["name"]) for row in rows}
    proxies = {plain(_bare(name)): row["name"] for row in clinical for name in row["proxy_for"].split(";") if name}
    aliased = {plain(alias): row["name"] for row in clinical for alias in row["aliases"].split(";") if alias}
    empty = dict.fromkeys(rows[0], "")
    for name, row in formulary.rows.items():
        if name in formulary.taken or name in names:
            continue
        screened_as = proxies.pop(name, "") or aliased.get(name, "") or ONLY_USED_IN.get(row["name"], "")
        mine = {"name": row["name"], "screened_as": screened_as, "in_rules": "0"}
        rows.append({**empty, **_codes(row["name"], [row["name"]], row, formulary), **mine})
        names.add(name)
    for row in rows:
        own = {plain(row["name"])}
        row["aliases"] = ";".join(_aliases(row, formulary, names - own))
    rows += [
        {**empty, "name": name, "screened_as": screened_as, "in_rules": "0"}
        for name, screened_as in proxies.items()
        if name not in names
    ]
    return rows


def _bare(name: str) -> str:
    return naming.split_bracket(name)[0] or name


def _with_codes(row: Row, formulary: Formulary) -> Row:
    """A clinical row with the RxCUI of its own ingredient, or those of its components."""
    components = components_of(row["name"], formulary)
    own = formulary.rows.get(plain(row["name"]))
    if row["name"] in ("dabigatran", "sodium oxybate"):
        own = formulary.rows[plain(components[0])]
    if own is not None:
        formulary.taken.add(plain(own["name"]))
    formulary.taken |= {plain(name) for name, other in SAME_DRUG.items() if other == row["name"]}
    return {**row, **_codes(row["name"], components, own, formulary), "screened_as": "", "in_rules": "1"}


def _codes(name: str, components: list[str], own: Row | None, formulary: Formulary) -> Row:
    rxcui = own["rxcui"] if own else formulary.vocabulary.get(plain(name), "")
    if len(components) > 1:
        rxcui = rxcui or formulary.mixtures.get(frozenset(map(plain, components)), "")
    ingredients = ";".join(filter(None, map(formulary.code, components)))
    return {"rxcui": rxcui, "atc": own["atc"] if own else "", "ingredients": ingredients}


def components_of(name: str, formulary: Formulary) -> list[str]:
    """Formulary names of what is in a product: itself, the parts of "a-b", or the drug its name begins with."""
    if name in COMPONENTS:
        return list(COMPONENTS[name])
    if formulary.knows(name):
        return [name]
    parts = name.split("-")
    if len(parts) > 1 and all(map(formulary.knows, parts)):
        return parts
    words = name.split(" ")
    for end in range(len(words) - 1, 0, -1):
        start = " ".join(words[:end])
        if plain(start) in formulary.rows:
            return [start]
    return []


def _aliases(row: Row, formulary: Formulary, other_names: set[str]) -> list[str]:
    """The row's own aliases and the international name, without any that is another row's name."""
    listed = formulary.rows.get(plain(row["name"]))
    told = [*row["aliases"].split(";"), *ALSO_KNOWN_AS.get(row["name"], ())]
    told += [name for name, other in SAME_DRUG.items() if other == row["name"]]
    told += [listed["name"], listed["atc_inn_name"]] if listed else []
    kept: dict[str, str] = {}
    for alias in told:
        if alias and plain(alias) not in other_names and normal(alias) != normal(row["name"]):
            kept.setdefault(normal(alias), alias)
    return list(kept.values())


def _synonyms(formulary: Formulary, rows: list[Row], vocabulary: Path | None) -> list[Row]:
    """Salts and esters of the drugs in the list, each with the ingredient it is taken as."""
    found = {code: (name, ingredient, formulary.code(ingredient)) for code, (name, ingredient) in SYNONYMS.items()}
    codes = {row["rxcui"]: row["name"] for row in rows if row["rxcui"]}
    if vocabulary is not None:
        names = {int(row["rxcui"]): row["name"] for row in _read(vocabulary)}
        _, salts = naming.read_vocabulary(vocabulary)
        for code, ingredient in salts.items():
            if str(ingredient) in codes and str(code) not in codes:
                found.setdefault(code, (names[code], codes[str(ingredient)], str(ingredient)))
    return [
        {"rxcui": str(code), "name": name, "ingredient_rxcui": to, "ingredient_name": ingredient}
        for code, (name, ingredient, to) in sorted(found.items())
    ]


def sums(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """SHA-256 of each file."""
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def _write_sums(out: Path, names: list[str]) -> None:
    """The digests in README's table, where there is one; its prose is written by people."""
    readme = out / "README.md"
    if readme.is_file():
        readme.write_text(with_sums(readme.read_text(encoding="utf-8"), sums(out, names)), encoding="utf-8")


def with_sums(text: str, digests: Mapping[str, str]) -> str:
    """The text with the digest at the end of each table row that begins with a file's name in back-quotes."""
    for name, digest in digests.items():
        text = re.sub(rf"(?m)^(\| `{re.escape(name)}` \|.*\| )`[^`|]*` \|$", rf"\1`{digest}` |", text)
    return text
