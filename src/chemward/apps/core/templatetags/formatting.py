"""How numbers, ages, durations and times are written on pages. Pure: the present moment is an argument."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

THIN = "\u2009"
MINUS = "\u2212"
NOTHING = "—"
LATE_AFTER_PERIODS = 2
DEAD_AFTER_PERIODS = 5
DEFAULT_PERIOD_S = 60.0
QUALITY_CLASS = 0b11
# Bits of the quality byte (docs/architecture.md) above the class.
QUALITY_BITS = {
    2: lambda: _("late"),
    3: lambda: _("calibration"),
    4: lambda: _("maintenance"),
    5: lambda: _("substituted"),
    6: lambda: _("out of range"),
}


class Freshness(StrEnum):
    """How old a reading is against the period it is expected at."""

    ON_TIME = ""
    LATE = "late"
    DEAD = "dead"
    NONE = "none"


def freshness(age_s: float | None, period_s: float) -> Freshness:
    """On time up to 2 periods, late up to 5, then dead. age_s [s]: None when there never was a reading.

    >>> freshness(2, 1), freshness(3, 1), freshness(6, 1), freshness(None, 1)
    (<Freshness.ON_TIME: ''>, <Freshness.LATE: 'late'>, <Freshness.DEAD: 'dead'>, <Freshness.NONE: 'none'>)
    """
    if age_s is None:
        return Freshness.NONE
    if age_s > DEAD_AFTER_PERIODS * period_s:
        return Freshness.DEAD
    return Freshness.LATE if age_s > LATE_AFTER_PERIODS * period_s else Freshness.ON_TIME


def short_age(seconds: float) -> str:
    """An age in its largest unit [s]: `2 s`, `12 min`, `3 h`, `5 天`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        return f"{whole // 3600} h"
    return days(whole // 86400)


def span(seconds: float) -> str:
    """A duration [s]: `00:48`, `3 h 38 min`, `4 h`, `5 天`."""
    whole = abs(int(seconds))
    if whole < 3600:
        return f"{whole // 60:02d}:{whole % 60:02d}"
    if whole < 86400:
        return _hours(whole)
    return days(whole // 86400)


def interval(seconds: float) -> str:
    """A set time, exact and in words [s].

    >>> interval(30), interval(300), interval(5400), interval(90), interval(0.5)
    ('30 s', '5 min', '1 h 30 min', '1 min 30 s', '0.5 s')
    """
    if seconds < 60:
        return f"{seconds:g} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min" + (f" {whole % 60} s" if whole % 60 else "")
    return days(whole // 86400) if whole % 86400 == 0 else _hours(whole)


def days(n: int) -> str:
    """`1 day`, `5 days`."""
    return ngettext("%(n)s day", "%(n)s days", n) % {"n": n}


def _hours(whole: int) -> str:
    minutes = whole % 3600 // 60
    return f"{whole // 3600} h {minutes} min" if minutes else f"{whole // 3600} h"


def rest(seconds: float) -> str:
    """What is left until a deadline [s], or how long it is overdue: `剩 2:04`, `逾期 5 天`."""
    return (_("%(time)s left") if seconds >= 0 else _("%(time)s overdue")) % {"time": span(seconds)}


def moment(at: datetime, now: datetime) -> str:
    """A time as short as its distance allows: `14:26:38` today, `03-15` this year, `2026-04-29` else."""
    local, today = timezone.localtime(at), timezone.localtime(now).date()
    if local.date() == today:
        return f"{local:%H:%M:%S}"
    return f"{local:%m-%d}" if local.year == today.year else f"{local:%Y-%m-%d}"


def figure(value: object, decimals: int | None = None) -> str:
    """A number with thin spaces between thousands and a true minus sign; a dash for nothing, never 0.

    >>> figure(1286), figure(-0.5), figure(2.60, 2), figure(None)
    ('1\\u2009286', '−0.5', '2.60', '—')
    """
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        return NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    text = f"{value:,}" if decimals is None and isinstance(value, int) else _decimal_text(value, decimals)
    return text.replace(",", THIN).replace("-", MINUS)


def _decimal_text(value: float | Decimal, decimals: int | None) -> str:
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    # Six significant figures: no measuring instrument of a plant says more.
    shown = Decimal(f"{value:.6g}")
    return f"{shown:,f}"


def quality_reason(quality: int) -> str:
    """Why a reading is not simply good, in words; empty when it is."""
    reasons = [words() for bit, words in QUALITY_BITS.items() if quality >> bit & 1]
    if kind := {1: _("uncertain"), 2: _("bad"), 3: _("bad")}.get(quality & QUALITY_CLASS):
        reasons.insert(0, kind)
    return _(", ").join(reasons)


def as_moment(at: datetime | date | float | str | None) -> datetime | None:
    """A moment from a datetime, from ISO 8601 text or from milliseconds since 1970. TypeError names anything else."""
    if at is None or at == "":
        return None
    if isinstance(at, datetime):
        return at if timezone.is_aware(at) else timezone.make_aware(at)
    if isinstance(at, str):
        return as_moment(datetime.fromisoformat(at))
    if isinstance(at, int | float) and not isinstance(at, bool):
        return datetime.fromtimestamp(at / 1000, UTC)
    raise TypeError(f"expected a datetime or milliseconds, got {type(at).__name__}")


def age_s(at: datetime | None, now: datetime) -> float | None:
    """Seconds since `at`; 0 for a source whose clock is ahead."""
    return None if at is None else max(0.0, (now - at) / timedelta(seconds=1))
