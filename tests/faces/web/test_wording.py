"""Words that no page may say, words that no address may carry, and one language at a time."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils import translation

from medmgmt.record import dosing
from medmgmt.record.dosing import Part, Sig
from medmgmt.record.models import Prescription
from medmgmt.web import order_forms
from medmgmt.web.kit import forms, plain_words, tags
from tests import factories as cast
from tests.faces.web import pages, reading
from tests.faces.web.world import World

pytestmark = pytest.mark.page

WEB = Path(settings.BASE_DIR) / "medmgmt" / "web"
PRIVATE = ("carla", "castillo", "c-1001", "sertraline", "lithium", "tramadol", "penicillin", "tremor", "depress", "f33")


def test_nowhere_is_it_said_that_there_are_no_interactions() -> None:
    for path in [*WEB.rglob("*.html"), *WEB.rglob("*.py"), *WEB.parent.rglob("*.po")]:
        assert not re.search(r"no\s+(known\s+)?(drug\s+)?interactions|sin interacciones", path.read_text(), re.I), path


def test_no_template_carries_style_script_or_a_foreign_address() -> None:
    for path in WEB.rglob("*.html"):
        text = path.read_text()
        assert " style=" not in text, path
        assert not re.search(r"<script(?![^>]*src)|<style|\son(click|change|submit|load|error|input|focus)=", text), (
            path
        )
        assert not re.search(r'(src|href)="https?://', text), path


def test_the_style_sheet_loads_nothing_and_stays_readable() -> None:
    sheet = (WEB / "static" / "web" / "clinic.css").read_text()
    assert "url(" not in sheet
    assert "@import" not in sheet
    assert len(sheet.splitlines()) < 900
    for wanted in ("prefers-color-scheme: dark", "prefers-reduced-motion", "@media print", ":focus-visible"):
        assert wanted in sheet


def test_no_address_on_any_page_tells_a_name_a_drug_or_a_diagnosis(world: World, browser: object) -> None:
    for address, allowed in {**pages.of_carla(world), **pages.of_the_clinic()}.items():
        for who in sorted(allowed):
            page = reading.read(browser(pages.PEOPLE[who]()).get(address).content)  # type: ignore[operator]
            for link in page.links:
                if link.startswith("/knowledge/rules/new/"):
                    continue  # what a rule is about stands in its address; it is about nobody
                assert not [word for word in PRIVATE if word in link.lower()], (address, who, link)


def test_every_search_and_every_form_about_a_person_is_sent_as_a_post(world: World, as_adler: Client) -> None:
    for address in pages.of_carla(world):
        for form in reading.read(as_adler.get(address).content).forms:
            asks_by_get = form.get("method", "get") == "get"
            assert not asks_by_get or address.startswith(f"/patients/{world.carla.pk}/"), (address, form)


def test_every_sig_that_can_be_ordered_can_be_said_plainly_in_both_languages() -> None:
    assert set(plain_words.UNITS) == set(dosing.UNITS)
    assert set(plain_words.ROUTES) == set(dosing.ROUTES)
    assert set(plain_words.TIMINGS) == set(dosing.TIMINGS)
    as_needed = cast.sig("25", as_needed=True, max_per_day=cast.sig("75").dose, timing="PRN")
    assert (
        plain_words.how_to_take(as_needed) == "25\xa0mg by mouth, only when you need it, no more than 75\xa0mg in a day"
    )
    with translation.override("es"):
        assert plain_words.how_to_take(as_needed).startswith("25\xa0mg por la boca, solo cuando lo necesite")
        every = cast.sig("100", timing="every_n_days", every_days=28, route="IM")
        assert plain_words.how_to_take(every) == "100\xa0mg en el músculo, cada 28 días"


TWO = Sig("PO", (Part(Decimal(1000), "mg", "morning"), Part(Decimal(500), "mg", "bedtime")))
BY_CLOCK = Sig("PO", (Part(Decimal(20), "mg", "daily", at=("08:00",)), Part(Decimal(10), "mg", "daily", at=("13:00",))))


@pytest.mark.parametrize(
    ("sig", "product", "english", "spanish"),
    [
        (TWO, ("500 mg", "tablet"),
         "2 tablets (1,000 mg) by mouth every morning and 1 tablet (500 mg) at bedtime",
         "2 tabletas (1,000 mg) por la boca cada mañana y 1 tableta (500 mg) al acostarse"),
        (TWO, ("500 mg ER tablet", ""),
         "2 tablets (1,000 mg) by mouth every morning and 1 tablet (500 mg) at bedtime", ""),
        (TWO, ("", "tablet"), "1,000 mg by mouth every morning and 500 mg at bedtime", ""),
        (TWO, ("800 mg/160 mg", "tablet"), "1,000 mg by mouth every morning and 500 mg at bedtime", ""),
        (BY_CLOCK, ("20 mg", "capsule"),
         "1 capsule (20 mg) by mouth at 8 a.m. and ½ capsule (10 mg) at 1 p.m.", ""),
        (cast.sig("12.5"), ("25 mg", "tablet"), "½ tablet (12.5 mg) by mouth, once a day", ""),
        (cast.sig("37.5"), ("25 mg", "tablet"), "1½ tablets (37.5 mg) by mouth, once a day", ""),
        (cast.sig("20"), ("300 mg", "tablet"), "20 mg by mouth, once a day", ""),
        (cast.sig("2", unit="{tablet}"), ("2 mg", "tablet"), "2 tablets (4 mg) by mouth, once a day", ""),
        (cast.sig("10", timing="BID"), ("2 mg/mL", "oral solution"), "5 mL (10 mg) by mouth, twice a day", ""),
        (cast.sig("25", most=Decimal(50), timing="Q6H", as_needed=True, max_per_day=Decimal(200), reason="anxiety"),
         ("25 mg", "capsule"),
         "1 to 2 capsules (25 to 50 mg) by mouth, every 6 hours, only when you need it (anxiety), no more than"
         " 8 capsules (200 mg) in a day", ""),
        (cast.sig("15", timing="weekly", weekdays=("mon",)), ("2.5 mg", "tablet"),
         "6 tablets (15 mg) by mouth, once a week on Monday",
         "6 tabletas (15 mg) por la boca, una vez por semana el lunes"),
        (cast.sig("5", weekdays=("mon", "wed", "fri")), ("5 mg", "tablet"),
         "1 tablet (5 mg) by mouth, on Monday, Wednesday and Friday", ""),
        (cast.sig("1", unit="{patch}", timing="morning", route="TD", hours_worn=9), ("15 mg/9 h", "patch"),
         "1 patch through the skin, every morning, take it off after 9 hours", ""),
    ],
)  # fmt: skip
def test_a_patient_is_told_pieces_and_what_they_hold(
    sig: Sig, product: tuple[str, str], english: str, spanish: str
) -> None:
    of = Prescription(strength=product[0], form=product[1])
    assert plain_words.how_to_take(sig, of).replace("\xa0", " ") == english
    if spanish:
        with translation.override("es"):
            assert plain_words.how_to_take(sig, of).replace("\xa0", " ") == spanish


def test_every_state_and_severity_has_its_word() -> None:
    from interactions import library
    from medmgmt.record.models import ReasonCode, SideEffectSeverity

    answers = {answer for one in library.observed_at_hand().by_code.values() for answer in one.answers}
    assert answers <= set(plain_words.STATE_WORDS)
    assert set(SideEffectSeverity.values) == set(forms.SEVERITY_WORDS) == set(forms.PLAIN_SEVERITY)
    assert set(SideEffectSeverity.values) <= set(tags.SEVERITIES)
    assert {code for codes in order_forms.USUAL_REASONS.values() for code in codes} <= set(ReasonCode.values)


def test_everything_a_patient_meets_has_its_spanish() -> None:
    patients = ["portal", "my_side_effect", "my_side_effect_sent", "reminder", "reminder_over", "bare", "_crisis"]
    patients += ["sign_in", "locked_out", "csrf_failure", "404", "403", "400"]
    same = {"mg", "Error:"}
    for name in patients:
        text = (WEB / "templates" / f"{name}.html").read_text()
        for said in re.findall(r"{% translate ['\"](.+?)['\"] %}", text):
            with translation.override("es"):
                assert said in same or translation.gettext(said) != said, (name, said)


def test_every_unit_route_and_rhythm_is_said_to_a_patient_as_it_was_ordered() -> None:
    """Word for word: a wrong one here is a wrong dose at home."""
    assert {code: str(many) for code, (_one, many) in plain_words.UNITS.items() if code[0] not in "{["} == {
        "mg": "mg", "ug": "mcg", "g": "g", "mL": "mL", "meq": "mEq", "mmol": "mmol",
    }  # fmt: skip
    assert {code: str(words) for code, words in plain_words.ROUTES.items()} == {
        "PO": "by mouth", "SL": "under the tongue", "BUCC": "inside the cheek", "IM": "into the muscle",
        "SC": "under the skin", "IV": "into the vein", "TD": "through the skin", "TOP": "on the skin",
        "IN": "into the nose", "INH": "breathed in", "OPH": "into the eye", "OTIC": "into the ear",
        "PR": "into the bottom", "PV": "into the vagina", "IMPLANT": "as an implant", dosing.NOT_RECORDED: "",
    }  # fmt: skip
    assert {code: str(words) for code, words in plain_words.TIMINGS.items()} == {
        "daily": "once a day", "morning": "every morning", "noon": "at noon", "evening": "every evening",
        "bedtime": "at bedtime", "BID": "twice a day", "TID": "three times a day", "QID": "four times a day",
        "Q4H": "every 4 hours", "Q6H": "every 6 hours", "Q8H": "every 8 hours", "Q12H": "every 12 hours",
        "every_other_day": "every other day", "weekly": "once a week", "twice_weekly": "twice a week",
        "every_n_days": "every %(days)s days", "PRN": "", dosing.NOT_RECORDED: "as we told you",
    }  # fmt: skip
