"""The proleptic Gregorian calendar over all integers, which is wider than Python's ``datetime`` (years 1 to 9999).

In: years, months, days and days since 1970-01-01. Out: the same. Neighbours: ``times``, ``layouts``.
"""

from __future__ import annotations

DAYS_PER_CYCLE = 146_097
"""Days in 400 years, after which dates and weekdays repeat."""

_DAYS_TO_1970 = 719_468
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def is_leap(year: int) -> bool:
    """Say whether a year has 366 days."""
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    """Return the length of a month from 1 to 12."""
    return 29 if month == 2 and is_leap(year) else _LENGTHS[month - 1]


def day_number(year: int, month: int, day: int) -> int:
    """Return days since 1970-01-01; a month or day out of range counts on into its neighbours, as in Go's time.Date."""
    year += (month - 1) // 12
    month = (month - 1) % 12 + 1
    # Years that begin in March put the leap day last.
    year -= month <= 2
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5
    return year * 365 + year // 4 - year // 100 + year // 400 + day_of_year + day - 1 - _DAYS_TO_1970


def civil_date(number: int) -> tuple[int, int, int]:
    """Return year, month and day of a day number."""
    cycle, day_of_cycle = divmod(number + _DAYS_TO_1970, DAYS_PER_CYCLE)
    year_of_cycle = (
        day_of_cycle - day_of_cycle // 1460 + day_of_cycle // 36_524 - day_of_cycle // (DAYS_PER_CYCLE - 1)
    ) // 365
    day_of_year = day_of_cycle - (365 * year_of_cycle + year_of_cycle // 4 - year_of_cycle // 100)
    shifted_month = (5 * day_of_year + 2) // 153
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    year = cycle * 400 + year_of_cycle + (month <= 2)
    return year, month, day_of_year - (153 * shifted_month + 2) // 5 + 1


def day_of_year(number: int) -> int:
    """Return the day within its year, from 1."""
    return number - day_number(civil_date(number)[0], 1, 1) + 1


def weekday(number: int) -> int:
    """Return the day of the week, Sunday being 0."""
    return (number + 4) % 7
