"""`python -m tests.benchmarks.generator_quality WORKSPACE RUN BASELINE FOLDER`: the pictures of docs/generator.md.

`generator-swd.png`: how far the samples of a finished PGGAN run were from the validation patients' images as it
went on, beside the image set BASELINE and the real training images, all measured alike. `generator-samples.png`:
its last sample grid.
"""

import argparse
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray
from plotly.subplots import make_subplots

from core.fidelity.sliced_wasserstein import sliced_wasserstein
from core.figures.style import PALETTES, Theme, template
from core.identifiers import CohortName, ImageSetName, RunName
from core.imageset.contact_sheet import evenly_chosen
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind
from core.imaging.canonical import averaged
from core.settings import WorkspacePaths
from core.synthesis.run_folder import Tick
from core.workflows.generators import run_named, run_snapshots, run_ticks
from core.workflows.training_data import training_data
from tests.benchmarks.browser import chromium

N_SAMPLES = 256  # as many as a snapshot measures
MOST_MEASURED_AGAINST = 1000
SIZE_PX = {"width": 1080, "height": 340}
PALETTE = PALETTES[Theme.LIGHT]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.generator_quality", description=__doc__)
    parser.add_argument("workspace", type=Path)
    parser.add_argument("run", type=RunName)
    parser.add_argument("baseline", type=ImageSetName)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    paths = WorkspacePaths(options.workspace)
    references = _references(paths, options.run, options.baseline)
    for name, distances in references.items():
        print(name, {level: round(distance, 1) for level, distance in distances.items()})
    figure = _curves([tick for tick in run_ticks(paths, options.run) if tick.swd], references)
    _write_png(figure, options.folder / "generator-swd.png")
    shutil.copyfile(run_snapshots(paths, options.run)[-1].path, options.folder / "generator-samples.png")


def _references(paths: WorkspacePaths, name: RunName, baseline: ImageSetName) -> dict[str, Mapping[int, float]]:
    """The distances of the baseline and of real training images to the validation images."""
    run = run_named(paths, name)
    data = training_data(paths, CohortName(run.trained_on.cohort), run.tumor_status)
    real = _some(data.pixels, data.validation, MOST_MEASURED_AGAINST, run.resolution)
    pixels = open_pixels(paths.image_set(baseline))
    sets = {
        "Eigenimages": _some(pixels, np.arange(len(pixels)), N_SAMPLES, run.resolution),
        "Real images of the training patients": _some(data.pixels, data.training, N_SAMPLES, run.resolution),
    }
    return {name: sliced_wasserstein(images, real, seed=0) for name, images in sets.items()}


def _some(pixels: NDArray[np.uint8], indices: NDArray[np.int64], most: int, resolution: int) -> NDArray[np.uint8]:
    return np.stack([averaged(image, resolution) for image in pixels[indices[evenly_chosen(len(indices), most)]]])


def _curves(ticks: Sequence[Tick], references: Mapping[str, Mapping[int, float]]) -> go.Figure:
    levels = sorted(ticks[-1].swd or {}, reverse=True)
    figure = make_subplots(1, len(levels), subplot_titles=[f"{level} px level" for level in levels])
    for column, level in enumerate(levels, start=1):
        points = [(tick.kimg, tick.swd[level]) for tick in ticks if tick.swd and level in tick.swd]
        kimg, distance = zip(*points, strict=True)
        lines = {"PGGAN": (distance, PALETTE.truth[ImageKind.SYNTHETIC], "solid")}
        for (name, known), dash in zip(references.items(), ("dash", "dot"), strict=True):
            color = PALETTE.truth[ImageKind.REAL if dash == "dot" else ImageKind.SYNTHETIC]
            lines[name] = ((known[level],) * len(kimg), color, dash)
        for name, (y, color, dash) in lines.items():
            line = {"color": color, "dash": dash, "width": 2}
            figure.add_scatter(
                x=kimg, y=y, name=name, mode="lines", line=line, showlegend=column == 1, col=column, row=1
            )
    figure.update_xaxes(title_text="images shown (thousands)")
    figure.update_yaxes(rangemode="tozero")
    figure.update_layout(
        template=template(Theme.LIGHT),
        paper_bgcolor=PALETTE.background,
        legend={"orientation": "h", "y": -0.3},
        margin={"l": 50, "r": 20, "t": 50, "b": 40},
        **SIZE_PX,
    )
    return figure


def _write_png(figure: go.Figure, path: Path) -> None:
    with chromium() as browser:
        page = browser.new_page(viewport=SIZE_PX, device_scale_factor=2)
        page.set_content(figure.to_html(include_plotlyjs=True, config={"staticPlot": True}))
        page.locator(".plot-container").screenshot(path=path)


if __name__ == "__main__":
    main()
