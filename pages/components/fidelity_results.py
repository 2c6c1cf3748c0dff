"""What was measured of a set's fidelity: every figure beside real images' own, and what it says."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from core.figures.fidelity import nearest_distances
from core.workflows.compared_figures import TITLES
from pages.components.charts import draw, page_theme

Content = Mapping[str, Any]
NONE = "\N{EN DASH}"  # a hyphen alone would be drawn as a list
SAME_SIZE, TRAINING, OTHERS = "As many of the set", "As many training images", "Other patients"
COLUMNS = ("Figure", "The set", "95 % interval", SAME_SIZE, TRAINING, OTHERS, "How to read it")
SPACE = "\N{NO-BREAK SPACE}"


def fidelity_results(found: Content) -> None:
    st.write(
        f"{found['images']:,} images of **{found['image_set']}** against {found['training_images']:,} training "
        f"images of **{found['cohort']}**, at {found['resolution']} pixels. Features: {found['features']}."
    )
    _table(COLUMNS, [_row(title, found[name]) for name, title in TITLES.items()])
    st.caption(
        "The three columns in the middle are like for like: as many images of each against one half of the "
        "training images. The training images among them are the other half, of the same patients: nearer than "
        "that is not possible. A good generator lies between them and other patients. Intervals are for other "
        "images of the same sources, not for other patients."
    )
    with st.expander("Sliced Wasserstein distance by level: structure (16) to texture"):
        header = ("Level, px", "The set", "Between halves of the training images", OTHERS)
        levels = found["swd"]["levels"].items()
        columns = ("real_reference", "other_patients")
        _table(
            header, [(level, _interval(one), *(_interval(one[name]) for name in columns)) for level, one in levels]
        )
    _memorization(found["memorization"], found["image_set"], found["distances_in"])
    _agreement(found["tumor_status_agreement"])


def _row(title: str, one: Content) -> tuple[str, ...]:
    if one["estimate"] is None:
        return (title, *[NONE] * 5, one["problem"])
    beside = [_number(one.get(name)) for name in ("same_size", "real_reference", "other_patients")]
    told = one["how_to_read"].replace("`same_size`", f"*{SAME_SIZE}*").replace("`real_reference`", f"*{TRAINING}*")
    return (title, f"**{_number(one['estimate'])}**", _range(one), *beside, told)


def _memorization(found: Content, image_set: str, distances_in: str) -> None:
    st.subheader("Memorization")
    if found["estimate"] is None:
        st.info(found["problem"])
        return
    copies = found["near_copies"]
    low, high = copies["ci95"]
    share = f"{copies['k']:,} of {copies['n']:,} images ({copies['estimate']:.1%}, {low:.1%} to {high:.1%})"
    said = f"{share} are nearer to a training image than 99 % of new patients' images are, p = {copies['p']:.2g}."
    if found["has_copies"]:
        st.warning(f"{said} These are near-copies: look at them on the Curation page, under Triage.")
        st.page_link("curation.py", label="Curate", icon=":material/rule:", query_params={"set": image_set})
    else:
        st.write(f"{said} That is no more than by chance.")
    st.write(
        f"Of a synthetic image and one of a new patient, the synthetic one is nearer to a training image in "
        f"**{found['estimate']:.0%}** of pairs ({_range(found, percent=True)}; p = {found['p']:.2g}; "
        f"{found['held_out_patients']} new patients). 50 % remembers nothing."
    )
    distances = found["nearest_distance"]
    figure = nearest_distances(
        distances["set"],
        distances["held_out"],
        limit=copies["nearer_than"],
        distances_in=distances_in,
        theme=page_theme(),
    )
    draw(figure, key="nearest distances")


def _agreement(found: Content | None) -> None:
    if found is None:
        return
    st.subheader("Tumor status")
    usual = found["real_reference"]
    st.write(
        f"A classifier taught by the training images sees the set's tumor status in **{found['estimate']:.0%}** of "
        f"{found['n']:,} images ({_range(found, percent=True)}). It is right on {usual['estimate']:.0%} of "
        f"{usual['n']:,} images of other patients, so that no more can be expected."
    )


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    st.table([dict(zip(header, row, strict=True)) for row in rows], border="horizontal", hide_index=True)


def _interval(one: Content | None) -> str:
    return NONE if one is None else f"{_number(one['estimate'])} ({_range(one)})"


def _range(one: Content, *, percent: bool = False) -> str:
    low, high = (f"{value:.0%}" if percent else _number(value) for value in one["ci95"])
    return f"{low} to {high}".replace(" ", SPACE)


def _number(value: float | None) -> str:
    return NONE if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"
