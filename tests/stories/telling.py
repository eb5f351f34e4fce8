"""How a story goes wrong: it cannot be read, it comes out differently, or somebody in it is told no."""

from collections.abc import Iterable


class BadStory(Exception):
    """The file cannot be read as a story; names the file and the step. Never skipped."""


class CameOutDifferently(Exception):
    """A step did not end as the story says; the message tells what was seen."""


class ToldNo(Exception):
    """An act was refused with a 4xx; `sentence` is what the person reads."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(f"{status}: {sentence}")
        self.status, self.sentence = status, sentence


def cannot(what: str) -> CameOutDifferently:
    """For what no address of the service does yet: an honest failure of the story."""
    return CameOutDifferently(f"the service has no way to {what}")


def plain(text: object) -> str:
    """Any case, every kind of space alike."""
    return " ".join(str(text).casefold().split())


def listed(value: object) -> list[str]:
    """One text or a list of them."""
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


def holds(text: str, words: str) -> bool:
    """Whether the text says one of the words that a `|` parts."""
    return any(plain(one) in plain(text) for one in words.split("|"))


def says_all(text: str, words: Iterable[str]) -> bool:
    """Whether all of them are said."""
    return all(holds(text, one) for one in words)


def says_none(text: str, words: Iterable[str]) -> bool:
    """Whether none of them is."""
    return not any(holds(text, one) for one in words)
