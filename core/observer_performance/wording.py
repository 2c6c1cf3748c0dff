"""How numbers are written everywhere: rates, intervals, p, and what is not estimable."""

from core.observer_performance.proportions import Interval

NOT_ESTIMABLE = "not estimable"


def percent(rate: float | None) -> str:
    return NOT_ESTIMABLE if rate is None else f"{100 * rate:.1f} %"


def interval_text(interval: Interval | None) -> str:
    return "" if interval is None else f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f} %"


def p_text(p: float | None) -> str:
    """Three digits, and never a p of 0."""
    if p is None:
        return ""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"


def number(value: float | None, *, se: float | None = None) -> str:
    """Two digits, with the standard error where there is one."""
    if value is None:
        return NOT_ESTIMABLE
    rounded = round(value, 2) + 0.0  # no -0.00
    return f"{rounded:.2f}" if se is None else f"{rounded:.2f} (SE {se:.2f})"


def ratio_interval(interval: Interval | None) -> str:
    return "" if interval is None else f"{interval[0]:.2f} to {interval[1]:.2f}"


def points_interval(interval: Interval | None) -> str:
    """Of a difference between two rates."""
    return "" if interval is None else f"{100 * interval[0]:+.1f} to {100 * interval[1]:+.1f} points"
