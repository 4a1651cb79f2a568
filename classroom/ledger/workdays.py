"""Working days (工作日) of the State Council's holiday and 调休 calendar, as far as a month window needs them.

The table is data: it holds each year as finally announced (2020 with the extension of its Spring Festival). It was
generated from PyPI `chinesecalendar` 1.11.0 and agrees with the notices; a year is added when its notice is out. A year
not in the table is unknown: nothing is guessed for it.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

_SATURDAY = 5

# Year → (Mondays to Fridays that are off, Saturdays and Sundays that are worked), each as MMDD.
_TABLE: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        2019: (
            "0101 0204 0205 0206 0207 0208 0405 0501 0502 0503 0607 0913 1001 1002 1003 1004 1007",
            "0202 0203 0428 0505 0929 1012",
        ),
        2020: (
            "0101 0124 0127 0128 0129 0130 0131 0406 0501 0504 0505 0625 0626 1001 1002 1005 1006 1007 1008",
            "0119 0426 0509 0628 0927 1010",
        ),
        2021: (
            "0101 0211 0212 0215 0216 0217 0405 0503 0504 0505 0614 0920 0921 1001 1004 1005 1006 1007",
            "0207 0220 0425 0508 0918 0926 1009",
        ),
        2022: (
            "0103 0131 0201 0202 0203 0204 0404 0405 0502 0503 0504 0603 0912 1003 1004 1005 1006 1007",
            "0129 0130 0402 0424 0507 1008 1009",
        ),
        2023: (
            "0102 0123 0124 0125 0126 0127 0405 0501 0502 0503 0622 0623 0929 1002 1003 1004 1005 1006",
            "0128 0129 0423 0506 0625 1007 1008",
        ),
        2024: (
            "0101 0212 0213 0214 0215 0216 0404 0405 0501 0502 0503 0610 0916 0917 1001 1002 1003 1004 1007",
            "0204 0218 0407 0428 0511 0914 0929 1012",
        ),
        2025: (
            "0101 0128 0129 0130 0131 0203 0204 0404 0501 0502 0505 0602 1001 1002 1003 1006 1007 1008",
            "0126 0208 0427 0928 1011",
        ),
        2026: (
            "0101 0102 0216 0217 0218 0219 0220 0223 0406 0501 0504 0505 0619 0925 1001 1002 1005 1006 1007",
            "0104 0214 0228 0509 0920 1010",
        ),
    }
)


def is_known(year: int) -> bool:
    """Whether the table holds the year."""
    return year in _TABLE


def is_working_day(day: date) -> bool:
    """工作日. Raises LookupError for a year the table does not hold."""
    if not is_known(day.year):
        raise LookupError(f"the working-day table does not hold {day.year}")
    off, worked = _TABLE[day.year]
    exceptions = worked if day.weekday() >= _SATURDAY else off
    is_exception = f"{day:%m%d}" in exceptions.split()
    return is_exception if day.weekday() >= _SATURDAY else not is_exception


def last_working_day(year: int, month: int) -> date:
    """最后一个工作日 of a calendar month. Raises LookupError for a year the table does not hold."""
    day = date(year, month, monthrange(year, month)[1])
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day
