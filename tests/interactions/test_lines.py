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
    ("1-0-1", "1 morning | 1 bedtime"),
    ("1-0-2 tab", "1 {tablet} morning | 2 {tablet} bedtime"),
    ("1-0-0-1 tab", "1 {tablet} morning | 1 {tablet} bedtime"),
    ("0-0-1-0 tab", "1 {tablet} evening"),
    ("1 - 1 - 1 capsules", "1 {capsule} morning | 1 {capsule} noon | 1 {capsule} bedtime"),
    ("1+0+1 tab", "1 {tablet} morning | 1 {tablet} bedtime"),
    ("½–0–½ tab", "0.5 {tablet} morning | 0.5 {tablet} bedtime"),
    ("1/2-0-1 tab with food", "0.5 {tablet} morning | 1 {tablet} bedtime"),
    ("1-0-1 tab bid mon wed fri", "1 {tablet} morning mon wed fri | 1 {tablet} bedtime mon wed fri"),
    ("1-0-1 tablets of 50 mg", "1 {tablet} morning | 1 {tablet} bedtime"),
    ("50 mg 1-0-2", "50 mg morning | 100 mg bedtime"),
    ("lithium 300 mg cap 1-0-2", "1 {capsule} morning | 2 {capsule} bedtime"),
    ("25-0-0-100 mg", "25 mg morning | 100 mg bedtime"),
    ("600 mg/day in 3 divided doses", "200 mg TID"),
    ("600 mg per day in two divided doses", "300 mg BID"),
    ("200 mg daily divided bid", "100 mg BID"),
    ("600 mg divided tid", "200 mg TID"),
    ("400-600 mg/day divided bid", "200-300 mg BID"),
    ("600 mg daily divided am and hs", "300 mg morning | 300 mg bedtime"),
    ("300 mg/day", "300 mg per_day"),
    ("5 mg daily except Sunday", "5 mg daily mon tue wed thu fri sat"),
    ("5 mg every day but Sat and Sun", "5 mg daily mon tue wed thu fri"),
    ("5 mg bid except weekends", "5 mg BID mon tue wed thu fri"),
    ("5 mg weekdays", "5 mg daily mon tue wed thu fri"),
    ("5 mg M-F", "5 mg daily mon tue wed thu fri"),
    ("5 mg T/Th/Sat", "5 mg daily tue thu sat"),
    ("5 mg Mo We Fr", "5 mg daily mon wed fri"),
    ("5 mg 3x/week (MWF)", "5 mg daily mon wed fri"),
    ("10 mg daily except 5 mg on Sunday", "10 mg daily mon tue wed thu fri sat | 5 mg daily sun"),
    ("10 mg daily and another 5 mg on Sunday", "10 mg daily | 5 mg daily sun"),
    ("5 mg 1-2 times daily", "5 mg BID"),
    ("5 mg once or twice a day", "5 mg BID"),
    ("5 mg 2-3x/day", "5 mg TID"),
    ("5 mg bid-tid", "5 mg TID"),
    ("5 mg bis in die", "5 mg BID"),
    ("5 mg ter die", "5 mg TID"),
    ("5 mg quaque die", "5 mg daily"),
    ("5 mg alternis diebus", "5 mg every_other_day"),
    ("5 mg omni nocte", "5 mg bedtime"),
    ("5 mg mane et nocte", "5 mg morning | 5 mg bedtime"),
    ("5 mg q.d.", "5 mg daily"),
    ("5 mg QOD", "5 mg every_other_day"),
    ("5 mg qnoc", "5 mg bedtime"),
    ("5 mg every 2nd day", "5 mg every_other_day"),
    ("5 mg x3/day", "5 mg TID"),
    ("10 mg at 0800 and 1400", "10 mg BID 08:00 14:00"),
    ("10 mg BID (0800, 2000)", "10 mg BID 08:00 20:00"),
    ("5 mL of 20 mg/5 mL bid", "5 mL BID"),
    ("one half tablet hs", "0.5 {tablet} bedtime"),
    ("5 mg bid w/ food", "5 mg BID"),
    ("50 mcg daily on empty stomach", "50 ug daily"),
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
        ("1-0-1 mg", "tablets or mg"),
        ("0-0-0 tab", "no dose"),
        ("1-0-1-0-1 tab", "“1-0-1-0-1”"),
        ("2-0-40 tab", "more pieces than anybody takes"),
        ("1-1/2-2 tab", "a range or three times"),
        ("1-0-1 tab tid", "two answers to when"),
        ("1-0-1 tab at 8:00", "two answers to when"),
        ("1-0-1 tab qd", "two answers to when"),
        ("1-0-1 tab 2-0-2 tab", "two answers to how much"),
        ("5 mg daily 1-2-2026", "is a date"),
        ("5 mg daily 12/1/2026", "is a date"),
        ("Sun", "how much"),
        ("600 mg in 3 divided doses", "the sum of a day"),
        ("600 mg/day in divided doses", "the sum of a day"),
        ("100 mg/day in 3 divided doses", "no even dose"),
        ("600 mg/day in 5 divided doses", "no word here"),
        ("600 mg/day divided bid in 3 doses", "how the amount is divided"),
        ("600 mg weekly in 2 divided doses", "how the amount is divided"),
        ("5 mg daily except 2.5 mg", "does not say when"),
        ("5 mg daily, 2.5 mg on Sunday", "instead or on top"),
        ("5 mg hs and 2.5 mg hs on Sunday", "instead or on top"),
        ("5 mg daily except Mon-Sun", "goes with days of the week"),
        ("5 mg 2-1 times daily", "smaller number"),
        ("5 mg o.d.", "right eye"),
        ("5 mg eod", "end of the day"),
        ("5 mg odd days", "end of a month"),
        ("5 mg in the afternoon", "the clock time"),
        ("2 tabs now then 1 tab q6h", "given once"),
        ("50 mg stat", "given once"),
        ("50 mg x1", "given once"),
        ("ii tabs bid", "in digits"),
        ("1 half tab daily", "a part of one, or 1"),
        ("2 sprays each nostril daily", "doubles the amount"),
        ("10 mg alternating with 5 mg every other day", "days of the week of each"),
        ("0.5 mg bid and 0.5 mg prn anxiety max 2 mg/day", "as two lines"),
        ("0.5 mg bid plus 0.5 mg prn", "as two lines"),
        ("0.5 mg prn anxiety and 0.5 mg bid", "as two lines"),
        ("1 pastilla cada 8 horas", "“pastilla”"),
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


def test_what_is_spread_or_counted_is_shown_written_out() -> None:
    assert read("1-0-2 tab").expanded == (("1-0-2 tab", "morning, noon and bedtime"),)
    assert read("1-0-0-1 tab").expanded == (("1-0-0-1 tab", "morning, noon, evening and bedtime"),)
    assert read("5 mg 1-2 times daily").expanded == (("1-2 times daily", "twice daily"),)
    assert (read("5 mg 1-2 times daily").or_fewer, read("5 mg twice daily").or_fewer) == (True, False)
    assert (read("1-0-1").by_count, read("1-0-1 tab").by_count, read("1 bid").by_count) == (True, False, False)


def test_bounds_reasons_and_hours_are_read() -> None:
    assert read("5 mg prn up to tid").max_per_day == 3
    assert read("1 tab up to twice a day prn anxiety").max_unit == "{dose}"
    assert (read("5 mg daily max 10 mg/day").max_per_day, read("5 mg daily max 10 mg/day").parts[0].amount) == (10, 5)
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
