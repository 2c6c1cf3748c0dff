"""Figures with their targets: as lines for a person, as JSON for a script."""

import json
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured value; `at_most` or `at_least` is its target, where it has one."""

    name: str
    value: float
    unit: str
    n: int
    at_most: float | None = None
    at_least: float | None = None

    @property
    def met(self) -> bool | None:
        if self.at_most is not None:
            return self.value <= self.at_most
        return None if self.at_least is None else self.value >= self.at_least

    def line(self) -> str:
        shown = f"{self.value:.3g}" if abs(self.value) < 100 else f"{self.value:.0f}"
        text = f"  {self.name:<66}{shown:>8} {self.unit:<9} n {self.n:<6}"
        if self.met is None:
            return text.rstrip()
        target = f"at most {self.at_most:g}" if self.at_most is not None else f"at least {self.at_least:g}"
        return f"{text} target {target}: {'met' if self.met else 'MISSED'}"


def percentile(values: Sequence[float], percent: int) -> float:
    """By linear interpolation between the two nearest values; `percent` is 1..99."""
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def median_and_p95(
    name: str, values: Sequence[float], unit: str = "ms", *, p95_at_most: float | None = None
) -> list[Figure]:
    n = len(values)
    return [
        Figure(name=f"{name}, p50", value=statistics.median(values), unit=unit, n=n),
        Figure(name=f"{name}, p95", value=percentile(values, 95), unit=unit, n=n, at_most=p95_at_most),
    ]


def machine() -> dict[str, object]:
    """What the figures hold for, and how busy the machine was with other things."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "python": platform.python_version(),
        "system": platform.platform(),
    }


def write_json(path: Path, results: dict[str, list[Figure]]) -> None:
    figures = {name: [asdict(figure) | {"met": figure.met} for figure in part] for name, part in results.items()}
    path.write_text(json.dumps({"machine": machine(), "figures": figures}, indent=2) + "\n")


def _processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
