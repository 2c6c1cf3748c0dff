"""What commands that train have in common: how signals end them, and how they tell time."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from types import FrameType

import typer

from core.runs.run_folder import RunState


class Precision(StrEnum):
    FP32 = "fp32"
    BF16 = "bf16"


@contextmanager
def signals() -> Iterator[Callable[[], str | None]]:
    """What a signal asks of training: SIGTERM to pause, SIGINT (Ctrl-C) to stop. A second one ends it at once."""
    asked: list[RunState] = []
    meanings = {signal.SIGTERM: RunState.PAUSED, signal.SIGINT: RunState.STOPPED}

    def note(number: int, _frame: FrameType | None) -> None:
        asked.append(meanings[signal.Signals(number)])
        signal.signal(number, signal.SIG_DFL)
        typer.echo(f"Saving, to be {asked[0]} ...", err=True)

    before = {number: signal.signal(number, note) for number in meanings}
    try:
        yield lambda: asked[0] if asked else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"
