"""An order line as people type it is read whole, or refused with the word that nobody understood."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.lines.line import NotUnderstood, Part
from interactions.lines.reading import label, read

READ = [
    ("300 mg every morning and 600 mg at bedtime", "300 mg morning | 600 mg bedtime"),
    ("20 mg at 8:00 and 10 mg at 13:00", "20 mg daily 08:00 | 10 mg daily 13:00"),
    ("20 mg 8 am and 10 mg 1 pm", "20 mg daily 08:00 | 10 mg daily 13:00"),
    ("5 mg at 9 am, 1 pm and 5 pm", "5 mg TID 09:00 13:00 17:00"),
    ("10 mg twice daily at 8:00 and 20:00", "10 mg BID 08:00 20:00"),
    ("10 mg every morning at 7:30", "10 mg morning 07:30"),
    ("15 mg weekly on Monday", "15 mg weekly mon"),
    ("15 mg po weekly (Mondays)", "15 mg weekly mon"),
    ("15 mg once a week on Monday at bedtime", "15 mg bedtime mon"),
    ("5 mg mon wed fri and 2.5 mg tue thu sat sun", "5 mg daily mon wed fri | 2.5 mg daily tue thu sat sun"),
    ("10 mg Monday through Friday", "10 mg daily mon tue wed thu fri"),
    ("10 mg MWF", "10 mg daily mon wed fri"),
    ("25 mg every other day", "25 mg every_other_day"),
    ("156 mg every 2 weeks", "156 mg every_n_days/14"),
    ("156 mg q4wk", "156 mg every_n_days/28"),
    ("100 mg every 28 days", "100 mg every_n_days/28"),
    ("10 mg every other Monday", "10 mg every_n_days/14 mon"),
    ("50 mg every other day at bedtime", "50 mg bedtime/2"),
    ("50 mg every other night", "50 mg bedtime/2"),
    ("1 patch every 72 hours", "1 {patch} every_n_days/3"),
    ("5 mg q8h", "5 mg Q8H"),
    ("5 mg every six hours", "5 mg Q6H"),
    ("5 mg q.h.s.", "5 mg bedtime"),
    ("5 mg TID", "5 mg TID"),
    ("1 tab x3/day", "1 {tablet} TID"),
    ("one tab three times-a-day", "1 {tablet} TID"),
    ("300mg AM/600mg PM", "300 mg morning | 600 mg evening"),
    ("1mg qam,2mg qpm", "1 mg morning | 2 mg evening"),
    ("am: 300 mg, hs: 600 mg", "300 mg morning | 600 mg bedtime"),
    ("every morning 300 mg and at bedtime 600 mg", "300 mg morning | 600 mg bedtime"),
    ("50 am 20 pm", "50 morning | 20 evening"),
    ("300 am 600 hs", "300 morning | 600 bedtime"),
    ("300 mg am 600 hs", "300 mg morning | 600 mg bedtime"),
    ("two tablets am, one at noon and two hs", "2 {tablet} morning | 1 {tablet} noon | 2 {tablet} bedtime"),
    ("50 mg in the morning and at bedtime", "50 mg morning | 50 mg bedtime"),
    ("50 mg twice daily, morning and evening", "50 mg morning | 50 mg evening"),
    ("take 1 tablet by mouth every morning with breakfast", "1 {tablet} morning"),
    (".5 mg bid", "0.5 mg BID"),
    ("0,5 mg bid", "0.5 mg BID"),
    ("1,000 mg bid", "1000 mg BID"),
    ("1.0 mg qd", "1 mg daily"),
    ("1/2 tab hs", "0.5 {tablet} bedtime"),
    ("½ tab hs", "0.5 {tablet} bedtime"),
    ("1½ tabs hs", "1.5 {tablet} bedtime"),
    ("1 1/2 tabs hs", "1.5 {tablet} bedtime"),
    ("one and a half tablets daily", "1.5 {tablet} daily"),
    ("half a tablet at night", "0.5 {tablet} bedtime"),
    ("a tablet at noon", "1 {tablet} noon"),
    ("25-50 mg at bedtime", "25-50 mg bedtime"),
    ("1 to 2 puffs q4h", "1-2 {puff} Q4H"),
    ("1 or 2 tablets at noon", "1-2 {tablet} noon"),
    ("25mg–50mg hs", "25-50 mg bedtime"),
    ("5 mL of 2 mg/mL daily", "5 mL daily"),
    ("10 drops tid", "10 [drp] TID"),
    ("10U hs", "10 [iU] bedtime"),
    ("8 mmol daily", "8 mmol daily"),
    ("75 µg daily", "75 ug daily"),
    ("2 x 50 mg bid", "100 mg BID"),
    ("2 x 50 mg tablets bid", "2 {tablet} BID"),
    ("2 tablets of 2 mg twice daily", "2 {tablet} BID"),
    ("half of a 10 mg tablet hs", "0.5 {tablet} bedtime"),
    ("100 mg (2 tablets) daily", "2 {tablet} daily"),
    ("1 tablet (2 mg) daily", "1 {tablet} daily"),
    ("300 mg tablet, 2 tabs (600 mg) hs", "2 {tablet} bedtime"),
]  # fmt: skip


def told(part: Part) -> str:
    """A part in one short line."""
    number = f"{part.amount.normalize():f}" + (f"-{part.most.normalize():f}" if part.most else "")
    timing = part.timing + (f"/{part.every_days}" if part.every_days else "")
    return " ".join(filter(None, [number, part.unit, timing, *part.at, *part.weekdays]))


@pytest.mark.parametrize(("line", "meant"), READ)
def test_what_people_type_is_read_as_they_mean_it(line: str, meant: str) -> None:
    assert " | ".join(told(part) for part in read(line).parts) == meant


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("50 mg fooo daily", "“fooo”"),
        ("50 mg daily zzz 3", "“zzz”"),
        ("50 mg every mornig", "“every mornig”"),
        ("1_000 mg daily", "“1_000”"),
        ("1e3 mg daily", "“1e3”"),
        ("١٠ mg daily", "“١”"),
        ("-5 mg daily", "“-5”"),
        ("05 mg daily", "“05”"),
        ("1.000 mg daily", "can mean 1 or 1,000"),
        ("2.500 mg daily", "can mean 2.5 or 2,500"),
        ("1/3 tab daily", "“1/3”"),
        ("50-25 mg daily", "smaller dose"),
        ("100 mg once a month", "28 or every 30"),
        ("100 mg q month", "28 or every 30"),
        ("100 mg biweekly", "two meanings"),
        ("15 mg three times a week", "which days"),
        ("100 mg a week", "how many doses"),
        ("5 am 10 pm", "a time or a dose"),
        ("ER 300 mg tablet 1 am 2 hs", "a time or a dose"),
        ("300 mg 1 am 2 hs", "a time or a dose"),
        ("300 mg am 2 hs", "“2”: write the unit"),
        ("1 tablet am 50 hs", "“50”: write the unit"),
        ("10 mg at 8", "morning or evening"),
        ("10 mg at 25:00", "no time of the day"),
        ("MS 15 mg bid", "morphine or magnesium"),
        ("50 mg OD", "right eye"),
        ("1 tsp bid", "the mL"),
        ("5 mg/kg daily", "depends on the body"),
        ("50 mg daily for 7 days", "no end of its own"),
        ("50 mg daily then 100 mg daily", "“then”"),
        ("50 mg twice daily at bedtime", "two things"),
        ("50 mg bid tid", "two things"),
        ("300 mg in the morning and 600 mg", "does not say when"),
        ("300 mg and 600 mg at bedtime", "does not say when"),
        ("2 tablets (100 mg) daily", "each or together"),
        ("50 mg every 3 hours", "“every 3 hours”"),
        ("50 mg five times a day", "name the times"),
        ("2 tabs prn max 8", "max 200 mg a day"),
        ("10 mg po sl daily", "how it is given"),
        ("1-0-1", "“1-0-1”"),
        ("daily", "how much"),
        ("", "Write how it is taken"),
        ("10 mg daily \u202e", "cannot be seen"),
        ("9" * 300 + " mg", "longer than any dose"),
    ],
)  # fmt: skip
def test_what_is_not_understood_or_can_mean_two_things_is_named(line: str, named: str) -> None:
    with pytest.raises(NotUnderstood) as asked:
        read(line)
    assert named in str(asked.value)


def test_bounds_reasons_and_hours_are_read() -> None:
    line = read("1-2 tabs q4-6h prn pain max 8/day")
    assert (line.as_needed, line.reason, line.max_per_day, line.max_unit) == (True, "pain", 8, "")
    line = read("25-50 mg every 6 hours as needed for chest pain, max 200 mg/day")
    assert (line.reason, line.max_per_day, line.max_unit) == ("chest pain", 200, "mg")
    assert read("5 mg as needed, up to 3 times a day").max_unit == "{dose}"
    assert read("50 mg every 3 hours prn").min_interval_hours == 3
    assert read("5 mg tid prn, at least 4 hours apart").min_interval_hours == 4
    assert read("1 patch on 12 h off 12 h").hours_worn == 12
    assert read("1 patch daily, wear for 9 hours").hours_worn == 9
    assert read("50 mg daily for depression").reason == "depression"
    assert (read("5 mg daily with food").food, read("5 mg tid ac").food) == ("with_food", "without_food")


def test_an_as_needed_dose_without_a_bound_keeps_none() -> None:
    line = read("25 mg as needed for anxiety")
    assert (line.max_per_day, line.parts[0].timing) == (None, "")


def test_the_drug_stands_before_the_dose_and_its_product_is_told_apart() -> None:
    line = read("lithium carbonate ER 300 mg tablet 2 tabs hs")
    assert (line.drug, line.strength, line.form) == ("lithium carbonate", "300 mg", "ER tablet")
    assert line.rest == "ER 300 mg tablet 2 tabs hs"
    assert read("5-HTP 100 mg daily").drug == "5-HTP"
    assert read("vitamin B12 1000 mcg daily").drug == "vitamin B12"
    assert read("hydrocodone/acetaminophen 5/325 1 tab q6h prn pain").strength == "5/325"
    assert read("carbidopa-levodopa 25-100 mg tablet 1 tablet tid").strength == "25-100 mg"
    assert label("lithium carbonate ER 300 mg tablet") == ("lithium carbonate", "300 mg", "ER tablet")
    assert label("ketoconazole 2 % shampoo") == ("ketoconazole", "2 %", "shampoo")
    assert label("buprenorphine-naloxone 8-2 mg film") == ("buprenorphine-naloxone", "8-2 mg", "film")
    assert label("haloperidol 2 mg/mL oral solution") == ("haloperidol", "2 mg/mL", "oral solution")
    assert label("Ozempic 0.5 mg prefilled pen") == ("Ozempic", "0.5 mg", "prefilled pen")
    assert label("Auvelity tablets") == ("Auvelity", "", "tablet")


def test_a_line_about_a_chosen_drug_may_repeat_its_name_and_no_other() -> None:
    assert read("sertr 100 mg qam", "sertraline 50 mg tablet").parts[0].amount == 100
    assert read("take 2 lithium tablets bid", "lithium").parts[0].unit == "{tablet}"
    with pytest.raises(NotUnderstood, match="lithium"):
        read("lithium 300 mg bid", "sertraline")


def test_short_forms_that_are_easily_misread_are_shown_written_out() -> None:
    assert read("10U sc hs").expanded == (("u", "units"), ("sc", "under the skin"), ("hs", "at bedtime"))
    assert read("10 units sub-q hs").expanded == (("sub q", "under the skin"), ("hs", "at bedtime"))
    assert read("1.0 mg qod").expanded == (("1.0", "1"), ("qod", "every other day"))
    assert read(".5 mg daily").expanded == ((".5", "0.5"),)
    assert read("0.5 mg daily").expanded == ()


WORDS = st.sampled_from([line for line, _meant in READ]).flatmap(lambda line: st.permutations(line.split()))
JUNK = st.text(max_size=60) | WORDS.map(" ".join) | st.text("0123456789.,/-½ mgtabqhx:()\u00a0", max_size=40)


@given(JUNK)
def test_whatever_is_typed_is_read_or_refused_in_a_sentence(text: str) -> None:
    with suppress(NotUnderstood):
        assert read(text).parts
