"""The test images that a detector got wrong, each beside what its decision came from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from core.detection.run_folder import Prediction
from core.errors import RefusedError
from core.identifiers import ImageSetName, RunName
from core.imageset.contact_sheet import contact_sheet
from core.imageset.pixels import open_pixels
from core.imageset.record import Partition
from core.imaging.png import encode_png
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.detached import answer_of
from core.workflows.detector_images import ExperimentImages, check_same_images
from core.workflows.detectors import detector_folder, detector_named, detector_predictions

PAIRS_PER_ROW = 4
MOST_SHOWN = 12
_DIMMED = 0.25  # how bright stays what did not matter
_WITHIN_S = 300.0


def wrong_predictions(paths: WorkspacePaths, name: RunName) -> Sequence[Prediction]:
    """The surest first. Raises RefusedError before the run is finished."""
    wrong = [one for one in detector_predictions(paths, name) if one.is_wrong]
    return sorted(wrong, key=lambda one: (-abs(one.log_odds), one.image.image_set, one.image.position))


def draw_wrong(paths: WorkspacePaths, name: RunName, *, n_images: int = MOST_SHOWN) -> bytes:
    """A PNG of the surest wrong decisions in pairs: the image, and it dimmed where it mattered not. By torch.

    Raises NotFoundError or RefusedError where the test images are not there any more, or nothing was wrong.
    """
    from core.detection.checkpoint import load_checkpoint, load_detector
    from core.detection.grad_cam import decisive_places
    from core.detection.training_images import LabeledImages, StoredImages, cropped

    wrong = wrong_predictions(paths, name)[:n_images]
    if not wrong:
        raise RefusedError(f"The run {name} got every test image right.", "There is nothing to be shown.")
    with opened(paths.database) as db:
        options: Mapping[str, Any] = detector_folder(paths, name).options()
        check_same_images(db, ExperimentImages.from_json(options["images"]).of(Partition.TEST))
    file = detector_named(paths, name).checkpoint
    px = load_checkpoint(file).config.image_px
    pictures = []
    for one in wrong:
        pixels = open_pixels(paths.image_set(ImageSetName(one.image.image_set)))
        stored = StoredImages(pixels=pixels, positions=np.array([one.image.position]))
        shown = LabeledImages(sources=[stored], is_tumor=[one.image.is_tumor])
        (places,) = decisive_places(load_detector(file), shown, np.array([0]), px=px)
        image = cropped(np.asarray(pixels[one.image.position]), places.shape[0])
        pictures += [image, (image * (_DIMMED + (1 - _DIMMED) * places)).round().astype(np.uint8)]
    return encode_png(contact_sheet(np.stack(pictures), columns=2 * min(PAIRS_PER_ROW, len(wrong))))


def wrong_sheet(paths: WorkspacePaths, name: RunName) -> bytes:
    """As `draw_wrong`. Takes seconds: a process of its own loads torch."""
    with TemporaryDirectory(prefix="mrturing-picture-") as folder:
        file = Path(folder, "picture.png")
        answer_of(paths, ["detector", "show", name, "--sheet", str(file)], within_s=_WITHIN_S)
        return file.read_bytes()
