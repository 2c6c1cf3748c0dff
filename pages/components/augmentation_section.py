"""Classical augmentation of an image set: an image beside its transformed versions, and writing many as a set."""

import streamlit as st

from core.augmentation.transformation import Transformation
from core.identifiers import ImageSetName
from core.imageset.record import IMAGE_SIZE, ImageSet, Partition
from core.imaging.png import encode_png
from core.runs.order import LARGEST_SEED
from core.settings import WorkspacePaths
from core.workflows.augmentation import versions_of
from core.workflows.augmentation_writing import (
    AugmentationRequest,
    UnfinishedAugmentation,
    forget_augmentation,
    start_augmentation,
    stop_augmentation,
    unfinished_augmentations,
)
from core.workflows.releases import all_releases
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done
from pages.components.private_pictures import show_pictures

N_VERSIONS = 7
SHOWN_PX = 224  # two rows of four on a laptop
SPACE = "\N{NO-BREAK SPACE}"
MOST_IMAGES = 1_000_000
LOOK_EVERY_S = 2.0
AS_CURATED = "As curated by now"


def augmentation_section(paths: WorkspacePaths, image_set: ImageSet) -> None:
    """Nothing of it is made until it is unfolded. Sets that are transformed already have none."""
    if not image_set.is_transformed:
        st.fragment(_section)(paths, image_set)


def _section(paths: WorkspacePaths, image_set: ImageSet) -> None:
    section = st.expander("Classical augmentation", key=f"augment {image_set.name}", on_change="rerun")
    if not section.open:
        return
    with section, shown_errors():
        st.write(
            "Flipped, turned, moved, sheared and zoomed at random, in one resampling. A detector that trains with "
            "classical augmentation makes such images as it goes; write them here where other software needs them."
        )
        seed = _versions(paths, image_set)
        _unfinished(paths, image_set)
        _form(paths, image_set, seed)


def _versions(paths: WorkspacePaths, image_set: ImageSet) -> int:
    """Returns the seed that was chosen."""
    image_field, seed_field, _ = st.columns([1, 1, 2])
    number = image_field.number_input("Image", 1, image_set.n_images, 1, help="As the gallery below counts them.")
    seed = seed_field.number_input("Seed", 0, LARGEST_SEED, 0, help="Another seed gives other versions.")
    original, versions = versions_of(paths, image_set.name, number - 1, n_versions=N_VERSIONS, seed=seed)
    pictures = [("As it is", "", encode_png(original))]
    pictures += [
        (f"Version {version}", in_words(transformation), encode_png(image))
        for version, (transformation, image) in enumerate(versions)
    ]
    show_pictures(pictures, size_px=SHOWN_PX)
    return int(seed)


def in_words(one: Transformation) -> str:
    """What was done to an image; shifts in pixels, to the right and down."""
    parts = [
        "mirrored" if one.horizontal_flip else "",
        "upside down" if one.vertical_flip else "",
        f"turned {one.rotation_deg:+.1f}°",
        f"moved {one.shift_x * IMAGE_SIZE:+.0f}, {one.shift_y * IMAGE_SIZE:+.0f}{SPACE}px",
        f"sheared {100 * one.shear:+.1f}{SPACE}%",
        f"zoomed {100 * (one.zoom - 1):+.1f}{SPACE}%",
    ]
    return ", ".join(part for part in parts if part)


def _form(paths: WorkspacePaths, image_set: ImageSet, seed: int) -> None:
    frozen = [one.name for one in all_releases(paths) if one.image_set == image_set.name]
    with st.form(f"write augmented {image_set.name}", border=False):
        name_field, n_field, whose_field, which_field, button = st.columns(
            [3, 2, 2, 2, 1] if frozen else [4, 2, 2, 0.01, 1], vertical_alignment="bottom"
        )
        name = name_field.text_input("Name of the transformed image set", f"{image_set.name}-classical")
        n_images = n_field.number_input("Transformed images", 1, MOST_IMAGES, 1000, help="100,000 need 6.6 GB.")
        whose = whose_field.selectbox(
            "From the patients for",
            [*Partition],
            disabled=image_set.cohort is None,
            help="A detector must not see the others.",
        )
        which = which_field.selectbox("Images", [AS_CURATED, *frozen]) if frozen else AS_CURATED
        if button.form_submit_button("Write", type="primary"):
            request = AugmentationRequest(
                image_set=image_set.name,
                name=ImageSetName(name),
                n_images=n_images,
                seed=seed,
                partition=whose,
                release=None if which == AS_CURATED else which,
            )
            _start(paths, request)


def _unfinished(paths: WorkspacePaths, image_set: ImageSet) -> None:
    found = unfinished_augmentations(paths, image_set.name)
    running = [one for one in found if one.running]
    if running:
        st.fragment(_watched, run_every=LOOK_EVERY_S)(paths, image_set, running)
    for one in found:
        if not one.running:
            _broken_off(paths, one)


def _watched(paths: WorkspacePaths, image_set: ImageSet, begun: list[UnfinishedAugmentation]) -> None:
    found = unfinished_augmentations(paths, image_set.name)
    whole = {one.request.name for one in begun} - {one.request.name for one in found}
    if whole:
        done(f"{', '.join(sorted(whole))}: all images are written.")
    running = [one for one in found if one.running]
    if len(running) < len(begun):
        st.rerun()
    for one in running:
        _bar(one)
        if st.button("Stop", key=f"stop {one.request.name}"):
            with shown_errors():
                stop_augmentation(paths, one.request)
                done(f"{one.request.name} stopped: write the rest, or forget it.")
    st.caption("A process of its own: it goes on when you leave this page.")


def _broken_off(paths: WorkspacePaths, one: UnfinishedAugmentation) -> None:
    name = one.request.name
    _bar(one)
    if one.problem:
        st.error(one.problem)
    with st.container(horizontal=True):
        if st.button("Write the rest", key=f"write the rest of {name}"):
            _start(paths, one.request)
        if st.button("Forget it", key=f"forget {name}"):
            with shown_errors():
                forget_augmentation(paths, one.request)
                done(f"What was written of {name} is gone.")


def _bar(one: UnfinishedAugmentation) -> None:
    name, n_images = one.request.name, one.request.n_images
    st.progress(one.n_done / n_images, f"{name}: {one.n_done:,} of {n_images:,} images, seed {one.request.seed}")


def _start(paths: WorkspacePaths, request: AugmentationRequest) -> None:
    with shown_errors():
        with st.spinner("Starting"):
            start_augmentation(paths, request)
        done(f"{request.name} is being written. The list of image sets has it as soon as it is whole.")
