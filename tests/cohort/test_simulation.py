"""Simulated patients lie where real ones do, and no two look alike."""

import numpy as np
import pytest

from core.cohort.simulation import SimulatedPatient, simulate_patient
from core.imaging.nifti import read_segmentation, read_volume

AIR_TO_BRIGHTEST = 235
# Lowest and highest of the four patients of ../shared/data/brats, rounded outward. pat0006 is cut off behind.
REAL_RANGES = {
    "largest axial brain area (mm2)": (12_845, 18_283),
    "brain volume (mm3)": (1_082_566, 1_581_824),
    "5th percentile of gray": (13, 53),
    "25th percentile of gray": (75, 103),
    "median gray": (97, 118),
    "75th percentile of gray": (111, 131),
    "95th percentile of gray": (123, 150),
    "mean gray": (89.5, 114.0),
    "spread of gray": (29.2, 36.6),
    "whole tumor (mm3)": (63_061, 217_380),
    "tumor core (mm3)": (9_325, 107_445),
    "rim contrast": (1.26, 1.651),
}
N_PATIENTS = 4


def gray_levels(voxels):
    """The canonical scale: air 0, the brain's 99.9th percentile 235."""
    air = voxels[0, 0, 0]
    scaled = (voxels.astype(np.float32) - air) * (
        AIR_TO_BRIGHTEST / (np.percentile(voxels[voxels != air], 99.9) - air)
    )
    return np.clip(scaled, 0, 255).astype(np.uint8)


def measured(voxels, labels):
    brain = voxels != voxels[0, 0, 0]
    gray = gray_levels(voxels)
    inside = gray[brain]
    percentiles = np.percentile(inside, (5, 25, 50, 75, 95))
    return {
        "largest axial brain area (mm2)": brain.sum(axis=(0, 1)).max(),
        "brain volume (mm3)": brain.sum(),
        "5th percentile of gray": percentiles[0],
        "25th percentile of gray": percentiles[1],
        "median gray": percentiles[2],
        "75th percentile of gray": percentiles[3],
        "95th percentile of gray": percentiles[4],
        "mean gray": inside.mean(),
        "spread of gray": inside.std(),
        "whole tumor (mm3)": (labels > 0).sum(),
        "tumor core (mm3)": ((labels == 1) | (labels > 2)).sum(),
        "rim contrast": np.median(gray[labels == 4]) / np.median(gray[brain & (labels == 0)]),
    }


@pytest.fixture(scope="module")
def patients() -> list[SimulatedPatient]:
    return [simulate_patient(seed) for seed in range(N_PATIENTS)]


@pytest.mark.realdata
def test_the_ranges_are_those_of_the_real_patients(shared_data):
    folders = sorted(path for path in (shared_data / "brats").iterdir() if path.is_dir())
    found = [
        measured(
            read_volume(folder / f"{folder.name}_t1ce.nii.gz").voxels,
            read_segmentation(folder / f"{folder.name}_seg.nii.gz").labels,
        )
        for folder in folders
    ]

    for name, (low, high) in REAL_RANGES.items():
        values = [patient[name] for patient in found]
        assert min(values) == pytest.approx(low, rel=0.02), name
        assert max(values) == pytest.approx(high, rel=0.02), name


def test_area_gray_histogram_tumor_size_and_rim_contrast_lie_within_the_range_of_real_patients(patients):
    for patient in patients:
        for name, value in measured(patient.t1c.voxels, patient.segmentation.labels).items():
            low, high = REAL_RANGES[name]
            assert low <= value <= high, name


def test_no_two_patients_have_central_slices_that_correlate_above_09(patients):
    slices = [gray_levels(patient.t1c.voxels)[:, :, 77].ravel() for patient in patients]

    correlations = np.corrcoef(np.stack(slices).astype(float))

    assert correlations[np.triu_indices(N_PATIENTS, 1)].max() < 0.9


def test_volumes_are_on_the_brats_grid_and_air_is_one_number(patients):
    for patient in patients:
        voxels = patient.t1c.voxels
        assert voxels.shape == patient.segmentation.labels.shape == (240, 240, 155)
        assert patient.t1c.spacing_mm == patient.segmentation.spacing_mm == (1.0, 1.0, 1.0)
        assert voxels.dtype == np.int16
        assert voxels.min() == 0
        border = np.ones((240, 240), dtype=bool)
        border[9:-9, 9:-9] = False
        assert (voxels[border] == 0).all()


def test_the_tumor_has_every_brats_part_and_lies_in_the_brain(patients):
    for patient in patients:
        labels = patient.segmentation.labels
        assert set(np.unique(labels)) <= {0, 1, 2, 3, 4}
        assert {1, 2, 4} <= set(np.unique(labels))
        assert (patient.t1c.voxels[labels > 0] > 0).all()


def test_the_rim_is_brighter_than_edema_and_the_necrotic_core_darker(patients):
    for patient in patients:
        gray, labels = gray_levels(patient.t1c.voxels), patient.segmentation.labels
        necrosis, edema, rim = (np.median(gray[labels == label]) for label in (1, 2, 4))
        assert necrosis < edema < rim


def test_the_left_and_right_of_one_brain_differ(patients):
    for patient in patients:
        brain_slice = gray_levels(patient.t1c.voxels)[:, :, 77].astype(float)
        assert np.corrcoef(brain_slice.ravel(), brain_slice[::-1].ravel())[0, 1] < 0.95


def test_the_same_seed_gives_the_same_patient_and_another_seed_another(patients):
    again = simulate_patient(0)

    assert np.array_equal(again.t1c.voxels, patients[0].t1c.voxels)
    assert np.array_equal(again.segmentation.labels, patients[0].segmentation.labels)
    assert not np.array_equal(patients[1].t1c.voxels, patients[0].t1c.voxels)
