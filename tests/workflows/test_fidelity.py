"""Sets of any generator, measured alike: nothing that only their making differs in may tell them apart."""

import json
import time
from typing import Any

import numpy as np
import pytest

from core.errors import BadInputError, NotFoundError
from core.identifiers import CohortName, ImageId, ImageSetName
from core.imageset.record import IMAGE_SIZE, ImageKind, ImageRecord, TumorStatus
from core.imaging.canonical import averaged, to_canonical
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.fidelity import Fidelity
from core.workflows.fidelity import measured as fidelity_of
from core.workflows.fidelity_sources import FidelityRequest, fidelity_sources
from core.workflows.image_sets import NewImageSet, add_image_set, delete_image_set
from core.workflows.sampling import SamplingRequest, sample_generator
from core.workflows.stored_fidelity import fidelity, fidelity_progress, start_fidelity, stored_fidelity
from core.workflows.training import train_eigenimages
from core.workflows.training_data import training_data
from tests.small_trainings import GLIOMA

SET = ImageSetName("synthetic")
FIGURES = ("ms_ssim", "precision", "recall", "density", "coverage", "fid", "kid", "classifier_auc")


def request(name: str = SET, cohort: str = GLIOMA, **changes: Any) -> FidelityRequest:
    return FidelityRequest(image_set=ImageSetName(name), cohort=CohortName(cohort), **changes)


AT_16 = request(resolution=16)


def measured(paths: WorkspacePaths, name: str, **changes: Any) -> Fidelity:
    return fidelity_of(paths, fidelity_sources(paths, request(name, **changes)), on_progress=lambda *_: None)


def kept(paths: WorkspacePaths, asked: FidelityRequest = AT_16) -> dict[str, Any]:
    return fidelity(paths, asked, on_progress=lambda *_: None)


def add(paths: WorkspacePaths, images: np.ndarray, *, factor: float = 1.0) -> None:
    """A synthetic tumor set of these images."""
    records = [
        ImageRecord(image_id=ImageId(str(n)), tumor_status=TumorStatus.TUMOR, resampling_factor=factor)
        for n in range(len(images))
    ]
    new = NewImageSet(name=SET, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR)
    add_image_set(paths, new, records, images)


def training_pixels(paths: WorkspacePaths) -> np.ndarray:
    data = training_data(paths, GLIOMA, TumorStatus.TUMOR)
    return np.asarray(data.pixels[data.training])


def test_real_images_as_a_synthetic_set_are_at_distance_zero(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    found = measured(cohort, SET, resolution=32)
    assert {level: one.estimate for level, one in found.swd.levels.items()} == {32: 0.0, 16: 0.0}
    assert found.swd_training_halves.mean.estimate > 0


def test_enlarging_alone_makes_no_distance(cohort: WorkspacePaths) -> None:
    """What a perfect generator of 64 px would draw: the training images at 64 px, enlarged as all samples are."""
    small = np.stack([averaged(image, 64) for image in training_pixels(cohort)])
    add(cohort, np.stack([to_canonical(image)[0] for image in small]), factor=IMAGE_SIZE / 64)
    found = measured(cohort, SET)
    assert found.resolution == 64
    assert found.swd.mean.estimate == 0.0


def test_every_figure_stands_in_the_json_with_its_reference(cohort: WorkspacePaths) -> None:
    run = train_eigenimages(cohort, GLIOMA, TumorStatus.TUMOR, seed=0)
    sample_generator(cohort, SamplingRequest(run=run.name, name=SET, n_images=12), on_progress=lambda *_: None)
    found = json.loads(json.dumps(measured(cohort, SET, resolution=32).to_json()))
    assert found["swd"].keys() >= {"estimate", "ci95", "real_reference", "other_patients", "levels"}
    for level in ("32", "16"):
        one = found["swd"]["levels"][level]
        assert one["ci95"][0] <= one["estimate"] <= one["ci95"][1]
        assert one["real_reference"]["estimate"] > 0
        assert one["other_patients"]["estimate"] > 0
    agreement = found["tumor_status_agreement"]
    assert 0 <= agreement["k"] <= agreement["n"] == 12
    assert agreement["real_reference"]["n"] > 0
    assert (found["trained_on"], found["cohort"]) == ("glioma:training", "glioma")
    for name in ("swd", *FIGURES, "memorization"):
        assert found[name].keys() >= {"estimate", "ci95", "real_reference", "how_to_read"}
    for name in FIGURES:
        low, high = found[name]["ci95"]
        assert low <= found[name]["estimate"] <= high, name
    assert found["features"].startswith("pixels at 32 x 32 after PCA")


def test_training_images_as_a_synthetic_set_are_covered_and_remembered(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    found = measured(cohort, SET, resolution=32).to_json()
    assert [found[name]["estimate"] for name in ("precision", "recall", "coverage")] == [1, 1, 1]
    assert found["fid"]["estimate"] == pytest.approx(0, abs=1e-3)
    assert found["kid"]["estimate"] <= 0
    remembered = found["memorization"]
    assert (remembered["estimate"], remembered["has_copies"]) == (1, True)
    assert remembered["near_copies"]["k"] == remembered["near_copies"]["n"] == len(training_pixels(cohort))


def test_mirror_images_of_training_images_are_remembered(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort)[:, :, ::-1])
    assert measured(cohort, SET, resolution=32).to_json()["memorization"]["has_copies"]


def test_too_few_or_constant_images_leave_a_reason_in_place_of_a_figure(cohort: WorkspacePaths) -> None:
    add(cohort, np.full((3, 256, 256), 90, np.uint8))
    found = json.loads(json.dumps(measured(cohort, SET, resolution=32).to_json(), allow_nan=False))
    for name in ("precision", "classifier_auc", "ms_ssim", "fid"):
        assert (found[name]["estimate"], found[name]["ci95"]) == (None, None)
        assert "3 images are too few for" in found[name]["problem"]


def test_constant_training_images_are_said_to_be(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    pixels = np.lib.format.open_memmap(cohort.image_set(ImageSetName("glioma-tumor")), "r+")
    pixels[:] = 7
    pixels.flush()
    found = measured(cohort, SET, resolution=32).to_json()
    assert found["fid"]["problem"].startswith("The training images do not differ from each other")
    assert found["memorization"]["estimate"] is not None


def test_a_result_is_kept_until_an_image_or_a_decision_is_another(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    assert stored_fidelity(cohort, AT_16) is None
    found = kept(cohort)
    assert stored_fidelity(cohort, AT_16) == found
    assert stored_fidelity(cohort, request(resolution=32)) is None
    assert kept(cohort) == found
    with opened(cohort.database) as db:
        db.execute("UPDATE images SET partition = 'test' WHERE partition = 'validation'")
    assert stored_fidelity(cohort, AT_16) == found
    with opened(cohort.database) as db:
        db.execute("UPDATE images SET partition = 'training' WHERE partition = 'test'")
    assert stored_fidelity(cohort, AT_16) is None
    delete_image_set(cohort, SET)
    assert not (cohort.features / SET).exists()


def test_a_result_that_was_cut_off_is_measured_again(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    found = kept(cohort)
    (file,) = (cohort.features / SET).glob("fidelity-*.json")
    file.write_bytes(file.read_bytes()[:100])
    assert stored_fidelity(cohort, AT_16) is None
    assert kept(cohort) == found


def test_a_started_measurement_is_found_when_it_has_ended(cohort: WorkspacePaths) -> None:
    add(cohort, training_pixels(cohort))
    assert fidelity_progress(cohort, SET) is None
    start_fidelity(cohort, AT_16)
    deadline = time.monotonic() + 200
    while stored_fidelity(cohort, AT_16) is None or fidelity_progress(cohort, SET) is not None:
        assert time.monotonic() < deadline, fidelity_progress(cohort, SET)
        time.sleep(0.05)
    with pytest.raises(NotFoundError, match="no cohort 'absent'"):
        start_fidelity(cohort, request(cohort="absent"))


def test_without_other_patients_their_references_are_left_out(cohort: WorkspacePaths) -> None:
    with opened(cohort.database) as db:
        db.execute("UPDATE images SET partition = 'training'")
    add(cohort, training_pixels(cohort)[:6])
    found = measured(cohort, SET, resolution=16)
    assert (found.swd_other_patients, found.agreement) == (None, None)
    assert found.to_json()["tumor_status_agreement"] is None


def test_what_cannot_be_measured_is_said(cohort: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match="no image set 'absent'"):
        measured(cohort, "absent")
    with pytest.raises(BadInputError, match="not compared at 100 pixels"):
        measured(cohort, "glioma-tumor", resolution=100)
    with pytest.raises(NotFoundError, match="no cohort 'absent'"):
        measured(cohort, "glioma-tumor", cohort="absent")
