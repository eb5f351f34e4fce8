"""The words of an order line as regular expressions over its canonical text, each with the code that it stands for."""

import re
from decimal import Decimal

from interactions.lines.numbers import COUNT, WORDS

UNITS = {
    "mg": "mgs?|milligrams?|milligrammes?",
    "ug": "mcgs?|ug|microgram(?:me)?s?",
    "g": "g|gm|gms|grams?|grammes?",
    "mL": "mls?|cc|millilit(?:er|re)s?",
    "meq": "meq|milliequivalents?",
    "mmol": "mmols?|millimoles?",
    "[iU]": "u|iu|units?|international units?",
    "[drp]": "gtts?|drops?",
    "{tablet}": "tab|tabs|tabl|tablets?",
    "{capsule}": "cap|caps|capsules?",
    "{film}": "films?",
    "{patch}": "patch|patches",
    "{puff}": "puffs?",
    "{spray}": "sprays?",
    "{lozenge}": "lozenges?",
    "{piece}": "pieces?",
    "{suppository}": "supp|suppository|suppositories",
    "{injection}": "injections?|inj",
    "{application}": "applications?",
    "{dose}": "doses?",
}
UNIT = rf"(?:{'|'.join(UNITS.values())})"
MG_IN = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
"""Milligrams in one UCUM unit of mass."""
MASS = ("mg", "ug", "g", "meq", "mmol", "[iU]")
"""Units that say how much of a substance; every other one counts pieces or measures a volume."""

ROUTES = {
    "PO": "by mouth|po|orally|oral|per os",
    "SL": "under (?:the )?tongue|sl|sublingual(?:ly)?",
    "BUCC": "inside (?:the )?cheek|buccal(?:ly)?|in the cheek",
    "IM": "into (?:the )?muscle|im|intramuscular(?:ly)?",
    "SC": "under (?:the )?skin|sc|sq|subq|sub q|subcut|subcutaneous(?:ly)?",
    "IV": "into (?:the )?vein|iv|intravenous(?:ly)?",
    "TD": "through (?:the )?skin|td|transdermal(?:ly)?",
    "TOP": "(?:on|onto|to) (?:the )?(?:skin|affected areas?)|top|topical(?:ly)?",
    "IN": "into (?:the )?nose|intranasal(?:ly)?|nasal(?:ly)?",
    "INH": "inhaled|inh|by inhalation",
    "OPH": "into (?:the )?eyes?|ophthalmic(?:ally)?",
    "OTIC": "into (?:the )?ears?|otic(?:ally)?",
    "PR": "rectally|rectal|per rectum|pr",
    "PV": "vaginally|vaginal|per vaginam|pv",
    "IMPLANT": "as an implant",
    "UNK": "by a route not recorded",
}
EVERY = "(?:every|each|q)"
HOUR, DAY, WEEK = "(?:hours?|hrs?|h)", "(?:days?|d)", "(?:weeks?|wks?|w)"
PER = "(?:a|per|each|every|/)"
TIMES_OF_DAY = {
    "morning": rf"(?:{EVERY} |in the |in |on )?(?:mornings?|am)|qam|(?:omni )?mane",
    "noon": rf"(?:{EVERY} |at )?(?:noon|midday|lunch(?: ?time)?)",
    "evening": rf"(?:{EVERY} |in the |in |on )?(?:evenings?|pm)|qpm",
    "bedtime": rf"(?:{EVERY} |at |before )?(?:bed ?time|hs|nights?)|before (?:going to )?bed|qhs|q ?noc|qn"
    r"|nightly|(?:omni )?nocte",
}
MEALS = {"morning": "breakfast", "noon": "lunch", "evening": "dinner|supper|(?:the )?evening meal"}
WITH_FOOD = "(?:with|after) (?:an? )?(?:(?:light|small|full) )?(?:food|meals?|snack)|pc"
WITHOUT_FOOD = "on (?:an? )?empty stomach|without food|before (?:an? )?(?:food|meals?)|ac"
RHYTHMS = {
    (
        "daily",
        None,
    ): rf"once daily|daily|{EVERY} day|qd|qday|once {PER} ?(?:day|d)|once every day|at {EVERY} day|quaque die|q d",
    ("per_day", None): rf"(?:per|a|/) ?{DAY}|(?:per|/|in) ?24 ?{HOUR}",
    ("BID", None): "bid|bd|bis (?:in )?die",
    ("TID", None): "tid|tds|ter (?:in )?die",
    ("QID", None): "qid|qds|quater (?:in )?die",
    (
        "every_other_day",
        None,
    ): rf"{EVERY} (?:other|second|2nd) day|qod|(?:on )?alternate days|alternating days|alternis diebus",
    ("weekly", None): rf"once weekly|weekly|once {PER} ?(?:week|wk)|{EVERY} (?:week|wk|w)|qwk|qweek|qw",
    ("every_n_days", 14): rf"{EVERY} (?:other|second|2nd) {WEEK}|fortnightly|{EVERY} fortnight|once a fortnight",
    ("every_n_days", 3): rf"{EVERY} (?:third|3rd) day",
    ("every_n_days", 4): rf"{EVERY} (?:fourth|4th) day",
    ("every_n_days", 21): rf"{EVERY} (?:third|3rd) week",
    ("every_n_days", 28): rf"{EVERY} (?:fourth|4th) week",
    ("UNK", None): "at times not recorded",
}
"""(timing, days) of rhythms that need no number."""
TIMES = rf"(?:x ?(?P<x>{COUNT})|(?:(?P<once>once|twice|thrice)|(?P<n>{COUNT}) ?(?:x|times?)))"
TIMES_A_DAY = rf"{TIMES} ?(?:daily|{PER} ?{DAY})"
SHORT_TIMES = {"qd": 1, "once daily": 1, "daily": 1, "bid": 2, "tid": 3, "qid": 4}
FEW = rf"(?:once|twice|thrice|[1-4]|{'|'.join(list(WORDS)[:4])})"
FROM_TO_TIMES = (
    rf"(?P<least>{FEW}) ?(?:-|to|or) ?(?P<most>{FEW})(?: ?(?:x|times?))? ?(?:daily|{PER} ?{DAY})"
    rf"|(?P<short>{'|'.join(SHORT_TIMES)}) ?(?:-|to|or) ?(?P<shorter>{'|'.join(SHORT_TIMES)})"
)
TIMES_A_WEEK = rf"{TIMES} ?(?:weekly|{PER} ?{WEEK})"
EVERY_SO_MANY = (
    rf"(?:once )?{EVERY} (?P<n>{COUNT})(?: ?(?:-|to) ?(?P<most>{COUNT}))?"
    rf" ?(?:(?P<h>{HOUR})|(?P<d>{DAY})|(?P<w>{WEEK}))"
)
A_DAY = {1: "daily", 2: "BID", 3: "TID", 4: "QID"}
HOURLY = {4: "Q4H", 6: "Q6H", 8: "Q8H", 12: "Q12H"}
COUNTED = {"once": 1, "twice": 2, "thrice": 3}

WEEKDAYS = {
    "mon": "mon|mondays?",
    "tue": "tue|tues|tuesdays?",
    "wed": "wed|weds|wednesdays?",
    "thu": "thu|thur|thurs|thursdays?",
    "fri": "fri|fridays?",
    "sat": "sat|saturdays?",
    "sun": "sun|sundays?",
}
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS.values())})"
SEVERAL_DAYS = {
    "mwf|m/w/f|m,w,f|m w f|mo we fr|mo/we/fr": ("mon", "wed", "fri"),
    "tth|t/th|tu/th|tuth": ("tue", "thu"),
    "tths|t/th/s|t/th/sat|tu/th/sat?": ("tue", "thu", "sat"),
    "m-f|m through f|m to f": ("mon", "tue", "wed", "thu", "fri"),
    "weekdays": ("mon", "tue", "wed", "thu", "fri"),
    "weekends": ("sat", "sun"),
}
DAYS_FROM_TO = rf"(?:on |only on )?(?P<first>{WEEKDAY}) ?(?:-|to|through|thru) ?(?P<last>{WEEKDAY})"
DAYS = (
    rf"(?:(?:only )?on |every |each )?{WEEKDAY}(?:(?: ?, ?and | ?[,/&+] ?| and | )(?:on |every )?{WEEKDAY})*(?: only)?"
)
ANY_DAYS = rf"(?:{DAYS}|{'|'.join(SEVERAL_DAYS)})"
EXCEPT = "(?:except(?: for| on)?|excluding|but(?: not)?(?: on)?|not(?: on)?|skip(?:ping)?|omit(?:ting)?)"
EVERY_OTHER_WEEKDAY = rf"{EVERY} (?:other|second|2nd) (?P<day>{WEEKDAY})"
DAYS_EXCEPT = rf"{EXCEPT} {ANY_DAYS}"
EVERY_OTHER_TIME = rf"{EVERY} (?:other|second|2nd) (?P<time>morning|evening|night)"
TIMES_ON_DAYS = (
    rf"(?P<n>[3-6]|three|four|five|six) ?(?:x|times?) ?(?:weekly|{PER} ?{WEEK})(?: ?[,:(] ?| )(?:on )?{ANY_DAYS}"
)

CLOCK = r"(?:at |@ ?)?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?: ?(?P<half>am|pm))?"
HOUR_AT = r"(?:at |@ ?)(?P<hour>\d{1,2})(?: ?(?P<half>am|pm))?"
HOUR_ALONE = r"(?P<hour>1[0-2]|[1-9]) ?(?P<half>am|pm)"
FOUR_FIGURES = r"(?:[01]\d|2[0-3])[0-5]\d"
MILITARY = (
    rf"(?:(?:at |@ ?){FOUR_FIGURES}|0\d[0-5]\d)(?: ?(?:h|hrs|hours))?"
    rf"(?: ?(?:, ?and|,|/|and) ?(?:at )?{FOUR_FIGURES}(?: ?(?:h|hrs|hours))?)*"
)
DIVIDED = (
    rf"(?:(?:given|taken) )?(?:(?:divided|split) )?(?:in|into|as) (?P<n>{COUNT}) (?:equal(?:ly)? )?(?:divided )?doses"
    r"|(?:in )?divided(?: doses)?|split"
)

AS_NEEDED = "(?:only )?(?:as|when|if) (?:needed|required|necessary)|(?:only )?prn"
KNOWN_REASONS = (
    "anxiety|panic(?: attacks?)?|agitation|insomnia|sleep|pain|headaches?|migraine|nausea|vomiting|fever|itch(?:ing)?"
    "|allerg(?:y|ies)|cough|constipation|diarrh(?:oe|e)a|heartburn|wheez(?:e|ing)|shortness of breath|restlessness"
    "|muscle spasms?|spasms?|cravings?|withdrawal|tremors?|akathisia|dizziness|seizures?|breakthrough pain"
)
AT_MOST = (
    "(?:max(?:imum)?|at most|no more than|not more than|never more than|(?:do )?not (?:to )?exceed|not exceeding|nte"
    "|up to|limit(?:ed to)?)"
)
SHORT_LIMIT = r"(?P<short>bid|tid|qid|once daily|daily)"
IN_A_DAY = rf"(?:daily|(?:{PER}|in|in a|within|in any) ?(?:{DAY}|24 ?{HOUR}))"
APART = (
    rf"(?:at least|minimum|min|not? more often than|not sooner than)(?: every)? (?P<n>{COUNT}) ?{HOUR}"
    r"(?: (?:apart|between(?: (?:the )?doses)?))?"
)
WORN = (
    rf"(?:worn|wear|leave on|left on|remove(?:d)? after|take(?:n)? off after)(?: for)? (?P<worn>{COUNT}) ?{HOUR}"
    rf"|(?P<on>{COUNT}) ?{HOUR} on ?(?:[,/]|and|then)? ?(?P<off>{COUNT}) ?{HOUR} off"
    rf"|on (?:for )?(?P<on2>{COUNT}) ?{HOUR} ?(?:[,/]|and|then)? ?off (?:for )?(?P<off2>{COUNT}) ?{HOUR}"
    rf"|for (?P<for>{COUNT}) ?{HOUR}"
)

RELEASE = "er|xr|xl|sr|cr|dr|ir|ec|la|odt|cd|extended release|delayed release|immediate release|sustained release"
FORMS = (
    "tablets?|tabs?|capsules?|caps?|films?|patch(?:es)?|creams?|gels?|shampoo|ointment|lotion|solution|suspension|syrup"
    "|liquid|elixir|injections?|inj|spray|inhaler|lozenges?|suppositor(?:y|ies)|drops|gum|implant|powder|chewable"
)
FORM = rf"(?:(?:{RELEASE}) )*(?:orally disintegrating |chewable |oral |nasal )?(?:{FORMS})|(?:{RELEASE})"
SHORT_FORMS = {
    "tab": "tablet", "tabs": "tablet", "tablets": "tablet", "cap": "capsule", "caps": "capsule", "capsules": "capsule",
    "patches": "patch", "films": "film", "inj": "injection", "injections": "injection", "lozenges": "lozenge",
    "suppositories": "suppository", "creams": "cream", "gels": "gel",
}  # fmt: skip
OPENERS = (
    "every",
    "each",
    "q",
    "at",
    "in",
    "on",
    "with",
    "without",
    "before",
    "after",
    "by",
    "into",
    "under",
    "the",
    "a",
)
"""Words that mean nothing without the next."""
FILLER = (
    "take|takes|taken|taking|give|given|use|apply|inject|inhale|place|put|chew|swallow|insert|instil|sig|please|only"
    "|the|start|begin|order|rx|dose"
)
ASKED = {
    "monthly|once monthly|once a month|every month|q ?month|each month|a month|per month": (
        "“{word}” can be every 28 or every 30 days; write the number of days."
    ),
    rf"(?:{EVERY} )(?:{COUNT} )?(?:months?|mo)": "“{word}” has no fixed number of days; write the number of days.",
    "biweekly|bi weekly|bimonthly|semimonthly": "“{word}” has two meanings; write every how many days.",
    r"(?:a|per|/) ?(?:week|wk)": "“{word}” does not say in how many doses; write “once a week”, or the days.",
    AT_MOST: "“{word}” goes with the most in a day: write “max 200 mg a day”.",
    "alternating(?: with)?|alternate with": "“{word}”: name the days of the week of each dose.",
    "(?:odd|even) (?:days|dates)": "“{word}” come together at the end of a month; write “every other day”.",
    "eod": "“{word}” can be every other day or the end of the day; write the one that is meant.",
    rf"(?:{EVERY} |in the |mid ?)?afternoons?": "“{word}” has no word here; write the clock time, as in “at 14:00”.",
    "now|stat|at once|single dose|one time(?: only| dose)?|once|x ?1": (
        "“{word}” is a dose given once; an order says what is taken from day to day."
    ),
    "(?:i|ii|iii|iss|ss)(?= (?:tabs?|caps?|tablets?|capsules?|drops?|gtts?|puffs?|po))": (
        "“{word}” is easily misread; write the number in digits."
    ),
    "(?:in |to |into )?(?:each|both) (?:eyes?|nostrils?|ears?)": (
        "“{word}” doubles the amount; write what is taken on both sides together, as in “4 sprays into the nose”."
    ),
    "tiw|biw": "“{word}” does not say on which days; name the days of the week.",
    "od": "“{word}” can mean once daily or the right eye; write the one that is meant.",
    "os|ou|as|ad|au": "“{word}” can be misread; write which eye or ear.",
    "ms|mso4|mgso4": "“{word}” can mean morphine or magnesium sulfate; write the drug's name.",
    "tsp|tbsp|teaspoons?|teaspoonfuls?|tablespoons?|tablespoonfuls?": "“{word}” is no measure of a dose; write the mL.",
    rf"for {COUNT} ?(?:{DAY}|{WEEK}|months?)|x {COUNT} ?(?:{DAY}|{WEEK}|months?)": (
        "“{word}”: an order has no end of its own; stop it or plan the stop when the time comes."
    ),
    "then|followed by|increase|decrease|titrate|taper": (
        "“{word}”: one line is one dose; order what follows as a change of its own."
    ),
    "as directed|as instructed|ud": "“{word}” does not say how to take it.",
    "or": "“{word}” leaves two doses open; write one, or a range.",
    rf"{COUNT} ?(?:mg|mcg|g|ml|units?) ?/ ?(?:kg|m2)": "“{word}” depends on the body; write the dose itself.",
}
"""Words that nobody may guess at, each with the sentence that asks."""

MISREAD = {
    "u": "units", "iu": "units", "cc": "mL", "ug": "micrograms (mcg)", "qd": "once daily", "qod": "every other day",
    "hs": "at bedtime", "qhs": "at bedtime", "sc": "under the skin", "sq": "under the skin", "sub q": "under the skin",
    "bd": "twice daily", "qn": "at bedtime", "qw": "once a week", "ac": "before meals", "pc": "after meals",
}  # fmt: skip
"""Abbreviations of ISMP's list of error-prone ones (https://www.ismp.org/recommendations), with what is understood."""


def code_of(table: dict[str, str], word: str) -> str:
    """Whose words these are; blank for nobody's."""
    return next((code for code, words in table.items() if re.fullmatch(words, word)), "")
