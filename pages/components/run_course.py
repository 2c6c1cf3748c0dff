"""How a training goes: curves and growing samples, beside those of other runs, live while one of them trains."""

from collections.abc import Sequence

import streamlit as st

from core.figures.training import MOST_RUNS, training_curves
from core.identifiers import RunName
from core.runs.run_folder import RunState
from core.settings import WorkspacePaths
from core.synthesis.run_folder import Snapshot
from core.workflows.generators import Run, run_snapshots, run_ticks
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors
from pages.components.run_words import images_text, is_eigenimage
from pages.components.session_store import recall, remember

EVERY_S = 3.0


def run_course(paths: WorkspacePaths, run: Run, runs: Sequence[Run]) -> None:
    others = {other.name: other for other in runs if other.name != run.name and not is_eigenimage(other)}
    with st.container():
        beside = _side_by_side(run, list(others)) if others else []
    shown = [run, *(others[name] for name in beside)]
    training = any(one.state is RunState.RUNNING for one in shown)
    st.fragment(_course, run_every=EVERY_S if training else None)(paths, [one.name for one in shown])


def _side_by_side(run: Run, others: Sequence[RunName]) -> list[RunName]:
    return st.multiselect(
        "Side by side with",
        others,
        key=f"beside {run.name}",
        placeholder="Other runs",
        max_selections=MOST_RUNS - 1,
        width=600,
    )


def _course(paths: WorkspacePaths, names: Sequence[RunName]) -> None:
    with shown_errors():
        ticks = {name: run_ticks(paths, name) for name in names}
        if not any(ticks.values()):
            st.info("The first figures come in a moment: a training starts by preparing its images.")
            return
        draw(training_curves(ticks, page_theme()), key=f"curves {' '.join(names)}")
        st.caption(
            "The sliced Wasserstein distance is from synthetic images to real ones of validation patients, or of "
            "training patients where there are none. Smaller is better; only distances at one resolution compare."
        )
        _samples({name: run_snapshots(paths, name) for name in names})


def _samples(snapshots: dict[RunName, list[Snapshot]]) -> None:
    """Each run's grid at the chosen number of images shown, or the last one before it."""
    offered = sorted({snapshot.kimg for of_run in snapshots.values() for snapshot in of_run})
    if not offered:
        st.info("The first sample grid comes with the first snapshot.")
        return
    st.markdown("**Samples, the same seeds at every time**")
    chosen = _chosen_time(f"time {' '.join(snapshots)}", offered)
    columns = st.columns(min(len(snapshots), 2))
    for position, (name, of_run) in enumerate(snapshots.items()):
        with columns[position % len(columns)]:
            until = [snapshot for snapshot in of_run if snapshot.kimg <= chosen]
            _grid(name, until[-1] if until else None)


def _chosen_time(key: str, offered: Sequence[float]) -> float:
    """A slider that stays where it was put, and at its end goes along with the newest snapshot."""
    if len(offered) == 1:
        return offered[0]
    end = f"end of {key}"
    if recall(key) not in offered or recall(key) == recall(end):
        remember(key, offered[-1])
    remember(end, offered[-1])
    return st.select_slider(
        "Thousand images shown", offered, key=key, format_func=lambda kimg: f"{kimg:,.4g}", width=600
    )


def _grid(name: RunName, snapshot: Snapshot | None) -> None:
    if snapshot is None:
        st.caption(f"{name} has no samples so early.")
        return
    words = [str(name), images_text(snapshot.kimg), f"{snapshot.resolution} px"]
    if snapshot.fade_in_alpha < 1:
        words.append(f"fading in ({snapshot.fade_in_alpha:.0%})")
    if snapshot.swd:
        distances = ", ".join(f"{swd:.1f} at {level} px" for level, swd in sorted(snapshot.swd.items()))
        words.append(f"sliced Wasserstein distance, times 1000: {distances}")
    st.image(snapshot.path.read_bytes(), " · ".join(words), output_format="PNG", width="stretch")
