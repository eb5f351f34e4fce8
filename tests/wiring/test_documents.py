"""What a newcomer is told to open or to run is there in a plain clone."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "interactions/README.md", "data/README.md")
PATH = re.compile(r"[`(]((?:medmgmt|interactions|refills|tests|data)/[\w./-]+)[`)]")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_path_that_a_document_names_is_there(name: str) -> None:
    told = set(PATH.findall((ROOT / name).read_text(encoding="utf-8")))
    assert told, "no path found: the pattern is wrong"
    assert sorted(path for path in told if not (ROOT / path).exists()) == []


def test_every_target_of_make_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8")))
    told = {word for name in DOCUMENTS for word in re.findall(r"(?m)(?:^|`)make ([\w-]+)", (ROOT / name).read_text())}
    assert told, "no target found: the pattern is wrong"
    assert told <= targets
