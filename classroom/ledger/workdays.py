"""Working days (工作日): the State Council's holiday and 调休 calendar, and what the bureau has entered over it.

The table is data: it holds each year as finally announced (2020 with the extension of its Spring Festival). It was
generated from PyPI `chinesecalendar` 1.11.0 and agrees with the notices; a year is added when its notice is out. In a
year that neither the table nor the bureau knows, Monday to Friday are taken for working days, and whoever shows a date
made of that says so (节假日表未更新): nothing is guessed in silence.
"""

from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

import msgspec

_SATURDAY = 5
_DAY = timedelta(days=1)

# Year → (Mondays to Fridays that are off, Saturdays and Sundays that are worked), each as MMDD.
_TABLE: Mapping[int, tuple[str, str]] = MappingProxyType(
    {
        2004: (
            "0101 0122 0123 0126 0127 0128 0503 0504 0505 0506 0507 1001 1004 1005 1006 1007",
            "0117 0118 0508 0509 1009 1010",
        ),
        2005: (
            "0103 0209 0210 0211 0214 0215 0502 0503 0504 0505 0506 1003 1004 1005 1006 1007",
            "0205 0206 0430 0508 1008 1009",
        ),
        2006: (
            "0102 0103 0130 0131 0201 0202 0203 0501 0502 0503 0504 0505 1002 1003 1004 1005 1006",
            "0128 0205 0429 0430 0930 1008 1230 1231",
        ),
        2007: (
            "0101 0102 0103 0219 0220 0221 0222 0223 0501 0502 0503 0504 0507 1001 1002 1003 1004 1005 1231",
            "0217 0225 0428 0429 0929 0930 1229",
        ),
        2008: (
            "0101 0206 0207 0208 0211 0212 0404 0501 0502 0609 0915 0929 0930 1001 1002 1003",
            "0202 0203 0504 0927 0928",
        ),
        2009: (
            "0101 0102 0126 0127 0128 0129 0130 0406 0501 0528 0529 1001 1002 1005 1006 1007 1008",
            "0104 0124 0201 0531 0927 1010",
        ),
        2010: (
            "0101 0215 0216 0217 0218 0219 0405 0503 0614 0615 0616 0922 0923 0924 1001 1004 1005 1006 1007",
            "0220 0221 0612 0613 0919 0925 0926 1009",
        ),
        2011: (
            "0103 0202 0203 0204 0207 0208 0404 0405 0502 0606 0912 1003 1004 1005 1006 1007",
            "0130 0212 0402 1008 1009 1231",
        ),
        2012: (
            "0102 0103 0123 0124 0125 0126 0127 0402 0403 0404 0430 0501 0622 1001 1002 1003 1004 1005",
            "0121 0129 0331 0401 0428 0929",
        ),
        2013: (
            "0101 0102 0103 0211 0212 0213 0214 0215 0404 0405 0429 0430 0501 "
            "0610 0611 0612 0919 0920 1001 1002 1003 1004 1007",
            "0105 0106 0216 0217 0407 0427 0428 0608 0609 0922 0929 1012",
        ),
        2014: (
            "0101 0131 0203 0204 0205 0206 0407 0501 0502 0602 0908 1001 1002 1003 1006 1007",
            "0126 0208 0504 0928 1011",
        ),
        2015: (
            "0101 0102 0218 0219 0220 0223 0224 0406 0501 0622 0903 0904 1001 1002 1005 1006 1007",
            "0104 0215 0228 0906 1010",
        ),
        2016: (
            "0101 0208 0209 0210 0211 0212 0404 0502 0609 0610 0915 0916 1003 1004 1005 1006 1007",
            "0206 0214 0612 0918 1008 1009",
        ),
        2017: (
            "0102 0127 0130 0131 0201 0202 0403 0404 0501 0529 0530 1002 1003 1004 1005 1006",
            "0122 0204 0401 0527 0930",
        ),
        2018: (
            "0101 0215 0216 0219 0220 0221 0405 0406 0430 0501 0618 0924 1001 1002 1003 1004 1005 1231",
            "0211 0224 0408 0428 0929 0930 1229",
        ),
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
# Day → whether it is worked, for the days that are not as their weekday says.
_SHIPPED: Final[Mapping[date, bool]] = MappingProxyType(
    {
        date(year, int(day[:2]), int(day[2:])): is_working
        for year, (off, worked) in _TABLE.items()
        for days, is_working in ((off, False), (worked, True))
        for day in days.split()
    }
)
SHIPPED_YEARS: Final = frozenset(_TABLE)


class Workdays(msgspec.Struct, frozen=True):
    """The calendar in force: the shipped table, and over it the bureau's own entries, which win."""

    overrides: Mapping[date, bool] = {}
    """Day → whether it is worked, as the bureau has entered."""
    entered: frozenset[int] = frozenset()
    """Years whose notice the bureau has entered in full."""

    def is_known(self, year: int) -> bool:
        """Whether the year's notice is in the table or has been entered."""
        return year in SHIPPED_YEARS or year in self.entered

    def is_working(self, day: date) -> bool:
        """工作日. In an unknown year, what is not entered is worked from Monday to Friday."""
        entered = self.overrides.get(day)
        if entered is not None:
            return entered
        shipped = _SHIPPED.get(day)
        return day.weekday() < _SATURDAY if shipped is None else shipped

    def last_of_month(self, year: int, month: int) -> date:
        """最后一个工作日 of a calendar month; its last day when the bureau has left none."""
        last = date(year, month, monthrange(year, month)[1])
        return self.last_until(last) if any(self.is_working(last - n * _DAY) for n in range(last.day)) else last

    def last_until(self, day: date) -> date:
        """The last working day that is not after `day`."""
        while not self.is_working(day):
            day -= _DAY
        return day

    def before(self, day: date, count: int) -> date:
        """The working day that lies `count` (1 or more) working days before `day`."""
        for _ in range(count):
            day = self.last_until(day - _DAY)
        return day


SHIPPED: Final = Workdays()
"""The table alone."""
