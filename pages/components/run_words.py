"""Runs in words: state, how far, how long."""

from core.runs.run_folder import RunState
from core.workflows.generators import EIGENIMAGE, Run, WhichCheckpoint

STATES = {
    RunState.RUNNING: "Training",
    RunState.FINISHED: "Finished",
    RunState.PAUSED: "Paused",
    RunState.STOPPED: "Stopped",
    RunState.FAILED: "Failed",
    RunState.INTERRUPTED: "Interrupted",
}
RESUMABLE = {RunState.PAUSED, RunState.STOPPED, RunState.FAILED, RunState.INTERRUPTED}
NO_CHECKPOINT = (
    "There is no checkpoint yet. The first one is written after some minutes, or when the run is paused."
)
CHECKPOINTS = {WhichCheckpoint.BEST: "Best", WhichCheckpoint.LAST: "Last"}
CHECKPOINTS_HELP = "Best: at the smallest sliced Wasserstein distance so far. Last: where the training stands."

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def is_eigenimage(run: Run) -> bool:
    return run.recipe == EIGENIMAGE


def course_text(run: Run, seconds_left: float | None) -> str:
    """State, resolution, images shown, time left."""
    if is_eigenimage(run):
        return f"Ready · fitted to {images_text(run.kimg)}"
    finished = run.state is RunState.FINISHED
    shown = images_text(run.kimg) if finished else _part(run.kimg, run.planned_kimg)
    parts = [STATES[run.state], shown]
    if run.resolution:
        parts.append(f"{run.resolution} px")
    if run.state is RunState.RUNNING and seconds_left is not None:
        parts.append(f"{duration(seconds_left)} left")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """As coarse as a forecast is: `less than a minute`, `about 35 min`, `about 2 h 10 min`, `about 3 d 4 h`."""
    if seconds < _MINUTE:
        return "less than a minute"
    for unit, name, part, part_name in ((_DAY, "d", _HOUR, "h"), (_HOUR, "h", _MINUTE, "min")):
        if seconds >= unit:
            whole, rest = divmod(round(seconds / part), unit // part)
            return f"about {whole} {name}" + (f" {rest} {part_name}" if rest else "")
    return f"about {round(seconds / _MINUTE)} min"


def _part(kimg: float, of_kimg: float) -> str:
    scale = 1 if of_kimg >= 10 else 1000
    return f"{kimg * scale:,.4g} of {images_text(of_kimg)}"


def images_text(kimg: float) -> str:
    return f"{kimg:,.4g} thousand images" if kimg >= 10 else f"{1000 * kimg:,.0f} images"
