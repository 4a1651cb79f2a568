"""What no request may hold, whatever its shape says: text, numbers and days that a database or a paper cannot. Pure.

PostgreSQL keeps no NUL, XML no control characters; four bytes hold no larger number; a day at the end of the calendar
cannot be told in another zone. None of them was ever meant by a person.
"""

import re
from datetime import date
from typing import Any, Final, Literal

import msgspec

FIRST_YEAR: Final = 1900
LAST_YEAR: Final = 2199
MAX_NUMBER: Final = 2**31 - 1
_UNPRINTABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Line ends and tabs are text."""


Flaw = Literal["bad_text", "bad_number", "bad_day"]
"""The code of the problem."""


def flaw(value: Any) -> Flaw | None:
    """What is unsound anywhere in a decoded request (structs, dicts, lists, scalars).

    None: nothing. Fractions are bounded by their shapes, and so are a struct's numbers that it names in LARGE: their
    columns have eight bytes.
    """
    if isinstance(value, str):
        return "bad_text" if _UNPRINTABLE.search(value) else None
    if isinstance(value, int):
        return None if abs(value) <= MAX_NUMBER else "bad_number"
    if isinstance(value, date):
        return None if FIRST_YEAR <= value.year <= LAST_YEAR else "bad_day"
    if isinstance(value, msgspec.Struct):
        large: frozenset[str] = getattr(value, "LARGE", frozenset())
        return _first(getattr(value, name) for name in value.__struct_fields__ if name not in large)
    if isinstance(value, dict):
        return _first((*value, *value.values()))
    if isinstance(value, list | tuple | set | frozenset):
        return _first(value)
    return None


def _first(values: Any) -> Flaw | None:
    return next((found for value in values if (found := flaw(value)) is not None), None)
