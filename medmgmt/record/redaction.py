"""No token of a link, a calendar or a program reaches a log, whoever writes it and to whatever handler.

Every line passes here when it is made: ours, Django's, waitress's and Celery's, with its traceback. Standard library
only, so that it stands before anything is set up.
"""

import logging
import re
import traceback
from typing import Any

GONE = "[redacted]"
IN_ADDRESSES = re.compile(r"(?i)((?:/|%2f)(?:r|calendar|first-sign-in(?:/|%2f)[^/\s\"'?#&]+?)(?:/|%2f))[^/\s\"'?#&%]+")
"""Behind these the address itself is the secret: the links of messages, calendars, and where a password is chosen."""
SIGNED = re.compile(r"[0-9a-fA-F]{32,64}\.(?:[A-Za-z0-9]{5,7}\.)?[A-Za-z0-9_-]{43}")
"""A signed number as links and calendars carry it, wherever it stands."""
BEARER = re.compile(r"(?i)(bearer\s+)[^\s\"',]+")


def redacted(text: str) -> str:
    """The text without what opens anything."""
    return BEARER.sub(rf"\1{GONE}", SIGNED.sub(GONE, IN_ADDRESSES.sub(rf"\1{GONE}", text)))


def install() -> None:
    """From now on every line of every log is made without secrets; again it changes nothing."""
    if logging.getLogRecordFactory() is not make_record:
        logging.setLogRecordFactory(make_record)


def make_record(*arguments: Any, **named: Any) -> logging.LogRecord:
    """A line whose words are put together and redacted at once, so that no handler finds them in its arguments."""
    record = logging.LogRecord(*arguments, **named)
    try:
        said = record.getMessage()
    except Exception:
        said = f"a line that could not be put together, in {record.pathname}:{record.lineno}"
    record.msg, record.args = redacted(said), None
    if record.exc_info and record.exc_info[0] is not None:
        record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip("\n"))
    if record.stack_info:
        record.stack_info = redacted(record.stack_info)
    return record
