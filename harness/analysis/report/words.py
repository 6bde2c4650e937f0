"""Figures as people read them."""

from __future__ import annotations

from collections.abc import Mapping

DAY = 86_400


def percent(value: float | None, digits: int = 0) -> str:
    """``83 %``; nothing where there is no value."""
    return "" if value is None else f"{value:.{digits}%}"


def bounds(low: float | None, high: float | None) -> str:
    """``61–94``, in per cent; nothing where there are none."""
    return "" if low is None or high is None else f"{100 * low:.0f}–{100 * high:.0f}"


def number(value: float | None) -> str:
    """With as many digits as tell something."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 10 or value == int(value) else f"{value:.1f}"


def duration(value: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3:05``, ``1:02:03``."""
    if value is None:
        return ""
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes, rest = divmod(round(value), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def count(value: int, noun: str, plural: str = "") -> str:
    """``1 run``, ``2 runs``."""
    return f"{value:,} {noun if value == 1 else plural or f'{noun}s'}"


def counts(found: Mapping[str, int]) -> str:
    """``3 raw, 2 failed``, the most frequent first."""
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return ", ".join(f"{value:,} {name}" for name, value in ordered)
