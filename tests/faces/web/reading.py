"""Reads a page as a careful visitor would: headings, labels, links, and what a strict policy forbids."""

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"input", "meta", "link", "br", "hr", "img"}


@dataclass
class Page(HTMLParser):
    """What stands on a page."""

    headings: list[int] = field(default_factory=list)
    ids: Counter[str] = field(default_factory=Counter)
    labelled: set[str] = field(default_factory=set)
    inputs: list[dict[str, str]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    forbidden: list[str] = field(default_factory=list)
    text: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    lang: str = ""

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attributes}
        self.forbidden += [f"{tag} {name}" for name in values if name == "style" or name.startswith("on")]
        if tag == "script" and not values.get("src"):
            self.forbidden.append("inline script")
        if tag == "style":
            self.forbidden.append("style element")
        if values.get("id"):
            self.ids[values["id"]] += 1
        if tag in ("h1", "h2", "h3", "h4"):
            self.headings.append(int(tag[1]))
        if tag == "html":
            self.lang = values.get("lang", "")
        if tag == "label":
            self.labelled.add(values.get("for", ""))
        if tag == "form":
            self.forms.append(values)
        if tag in ("a", "form"):
            self.links.append(values.get("href") or values.get("action") or "")
        if tag in ("input", "select", "textarea"):
            if values.get("type") == "hidden":
                self.hidden[values.get("name", "")] = values.get("value", "")
            else:
                self.inputs.append(values)

    def handle_data(self, data: str) -> None:
        self.text += data

    def unlabelled(self) -> list[str]:
        """Inputs that no label speaks of."""
        return [each.get("name", "") for each in self.inputs if each.get("id") not in self.labelled]

    def said(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())


def read(content: bytes) -> Page:
    """The page, read."""
    page = Page()
    page.feed(content.decode())
    return page
