"""Releases, rules, own changes, selftests and rescreenings, gathered for reading."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from interactions import library, tiers
from interactions import releases as interactions_releases
from interactions import selftests as ran
from interactions.engine.sides import members
from interactions.models import LocalChange, Release, ReleaseKind, ReleaseStatus, RescreenRun, Rule, SelftestRun
from medmgmt.record import access
from medmgmt.record.models import User
from medmgmt.regimen import order_lines


def releases(by: User) -> QuerySet[Release]:
    """Releases of knowledge, newest first."""
    access.require(by, "view_knowledge")
    return Release.objects.select_related("activated_by").order_by("-imported_at", "-id")


def rules(by: User, *, search: str = "", severity: str = "", source: str = "") -> QuerySet[Rule]:
    """Rules in use, by number, drug (with its brands and classes), class or words of its texts; with release."""
    access.require(by, "view_knowledge")
    found = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE).select_related("release")
    for word in search.split()[:10]:
        sides = library.sides_of(word)
        named = Q(rule_id__iexact=word) | Q(a__in=sides) | Q(b__in=sides)
        for column in ("a", "b", "problem", "effect", "mechanism", "management", "source"):
            named |= Q(**{f"{column}__icontains": word})
        found = found.filter(named)
    if severity:
        found = found.filter(severity=severity)
    if source:
        found = found.filter(release__source=source)
    return found.order_by("release__source", "rule_id")


def rules_by_number(by: User, asked: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these that are rules in use: source and number. One query."""
    access.require(by, "view_knowledge")
    wanted = set(asked)
    found = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE, rule_id__in={rule for _source, rule in wanted})
    return wanted & set(found.values_list("release__source", "rule_id"))


def rule_sources(by: User) -> list[str]:
    """Whose rules are in use."""
    access.require(by, "view_knowledge")
    in_use = Release.objects.filter(status=ReleaseStatus.ACTIVE, kind=ReleaseKind.RULES)
    return list(in_use.order_by("source").values_list("source", flat=True))


def rule_sides(by: User) -> list[str]:
    """Every drug and class that a rule may name."""
    access.require(by, "view_knowledge")
    known = library.current()
    return [*sorted(known.catalogue.drugs), *(f"set:{name}" for name in sorted(known.sets))]


def example_case(by: User, a: str, b: str, of_source: str, of_rule: str) -> str:
    """Two drugs for a first case of a change: those named, or members of the classes; empty where nothing is named."""
    access.require(by, "view_knowledge")
    rule = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE, release__source=of_source, rule_id=of_rule).first()
    sides = (rule.a, rule.b) if rule else (a, b)
    known = library.current().sets
    first = [next(iter(sorted(members(side, known))), "") for side in sides]
    other = next((name for name in sorted(members(sides[1], known)) if name != first[0]), "")
    return f"{first[0]} + {other}" if first[0] and other else ""


def local_changes(by: User) -> QuerySet[LocalChange]:
    """The clinic's own rules and grades, the newest first."""
    access.require(by, "view_knowledge")
    return LocalChange.objects.select_related("author", "decided_by", "end_asked_by", "of_release").order_by("-id")


def rescreenings(by: User) -> QuerySet[RescreenRun]:
    """What changes of the knowledge in use led to, the newest first; numbers alone."""
    access.require(by, "view_knowledge")
    return RescreenRun.objects.order_by("-id")


def selftests(by: User) -> QuerySet[SelftestRun]:
    """What came of the selftests of this site, the newest first; cases that ship, nobody's data."""
    access.require(by, "view_knowledge")
    return SelftestRun.objects.select_related("by").order_by("-id")


def tested(by: User) -> SelftestRun | None:
    """The newest selftest of exactly what is in use now; None where that has not been tested. Two queries."""
    access.require(by, "view_knowledge")
    return ran.newest_in_use()


def passive_pairs(by: User) -> list[tiers.PassiveLine]:
    """The list of low-value pairs as it holds here, each with its reason and source."""
    access.require(by, "view_knowledge")
    return tiers.passive_list(Release.objects.filter(status=ReleaseStatus.ACTIVE))


def drugs(by: User, text: str, *, limit: int = 10) -> list["library.FoundDrug"]:
    """Drugs that a person may have meant, best first."""
    access.require(by, "search_drugs")
    return library.search(text, limit=limit)


def order_line(by: User, text: str, product: order_lines.Product) -> order_lines.OrderLine:
    """How an order line is understood; nothing is kept. Without a product the line names its drug."""
    access.require(by, "check_interactions")
    return order_lines.understood(text, product) if product.name else order_lines.whole(text)


def active_releases() -> list[Release]:
    """The releases that a review would use now."""
    return interactions_releases.active()
