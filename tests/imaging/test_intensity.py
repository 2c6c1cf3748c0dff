"""How a volume's numbers become gray levels."""

from pathlib import Path

import numpy as np
import pytest

from core.errors import BadInputError
from core.imaging.intensity import intensity_scale, to_gray
from core.imaging.nifti import read_segmentation, read_volume
from core.imaging.slicing import axial_slice, slice_range
from core.imaging.volume import Volume


def volume(voxels: np.ndarray) -> Volume:
    return Volume(voxels=voxels, spacing_mm=(1.0, 1.0, 1.0))


def head(rng: np.random.Generator, air: np.ndarray | float, dtype: str = "float32") -> np.ndarray:
    """A cube of tissue with values 100..200 in air."""
    voxels = np.empty((48, 48, 24))
    voxels[:] = air
    voxels[12:36, 12:36, 4:20] = rng.uniform(100, 200, (24, 24, 16))
    return voxels.astype(dtype)


@pytest.mark.parametrize("air", [0.0, -4.75, 37.0])
def test_constant_air_is_found_and_drawn_black(rng: np.random.Generator, air: float) -> None:
    voxels = head(rng, air)
    scale = intensity_scale(volume(voxels))
    assert scale.air_value == pytest.approx(air)
    gray = to_gray(axial_slice(voxels, 10), scale)
    assert (gray[axial_slice(voxels, 10) == np.float32(air)] == 0).all()
    assert gray.max() in range(234, 237)


def test_noisy_air_lies_near_black_and_is_told_from_tissue(rng: np.random.Generator) -> None:
    voxels = head(rng, rng.rayleigh(5, (48, 48, 24)))
    scale = intensity_scale(volume(voxels))
    assert scale.air_value is None
    gray = to_gray(axial_slice(voxels, 10), scale)
    assert gray[:10, :10].max() < scale.tissue_gray <= gray[15:30, 15:30].min()


def test_a_z_scored_brain_on_zeroed_air_keeps_its_dark_half(rng: np.random.Generator) -> None:
    voxels = np.zeros((48, 48, 24), np.float32)
    voxels[8:40, 8:40, 2:22] = rng.normal(0, 1, (32, 32, 20))
    gray = to_gray(axial_slice(voxels, 10), intensity_scale(volume(voxels)))
    brain = gray[8:40, 8:40]
    assert (gray[:8] == 0).all()
    assert np.mean(brain == 0) < 0.01
    assert len(np.unique(brain)) > 100


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "int32", "float32", "float64", ">f4", ">i2"])
def test_the_kind_of_number_does_not_matter(rng: np.random.Generator, dtype: str) -> None:
    voxels = np.rint(head(rng, 0.0))
    expected = to_gray(axial_slice(voxels, 9), intensity_scale(volume(voxels)))
    other = voxels.astype(dtype)
    found = to_gray(axial_slice(other, 9), intensity_scale(volume(other)))
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("factor", [0.001, 7.0])
def test_scaling_the_numbers_changes_no_gray_level(rng: np.random.Generator, factor: float) -> None:
    voxels = head(rng, 3.0)
    one = to_gray(axial_slice(voxels, 9), intensity_scale(volume(voxels)))
    other = voxels * np.float32(factor)
    two = to_gray(axial_slice(other, 9), intensity_scale(volume(other)))
    assert np.abs(one.astype(int) - two).max() <= 1


def test_gray_levels_follow_the_values(rng: np.random.Generator) -> None:
    values = np.sort(rng.uniform(90, 220, 400)).astype(np.float32).reshape(20, 20)
    gray = to_gray(values, intensity_scale(volume(head(rng, 0.0)))).ravel().astype(int)
    assert (np.diff(gray) >= 0).all()
    assert gray[-1] == 255  # 220 lies above the brightest tissue and is clipped


def test_nan_and_infinity_are_air(rng: np.random.Generator) -> None:
    voxels = head(rng, 0.0)
    voxels[20, 20, 10], voxels[21, 20, 10], voxels[22, 20, 10] = np.nan, np.inf, -np.inf
    gray = to_gray(axial_slice(voxels, 10), intensity_scale(volume(voxels)))
    assert gray[20, 20:23].tolist() == [0, 0, 0]


@pytest.mark.parametrize("background", [0, 1])
def test_two_values_are_enough(background: int) -> None:
    voxels = np.full((20, 20, 20), background, np.uint8)
    voxels[5:10, 5:10, 5:10] = 1 - background
    gray = to_gray(axial_slice(voxels, 7), intensity_scale(volume(voxels)))
    assert gray[0, 0] == 0


@pytest.mark.parametrize("value", [0, 7, np.nan])
def test_a_volume_of_one_value_is_refused(value: float) -> None:
    with pytest.raises(BadInputError, match="one value only"):
        intensity_scale(volume(np.full((8, 8, 8), value, np.float32)))


@pytest.mark.realdata
def test_real_tumors_keep_their_contrast(shared_data: Path) -> None:
    for path in sorted((shared_data / "brats").glob("*/*_t1ce.nii.gz")):
        scanned = read_volume(path)
        labels = read_segmentation(path.with_name(path.name.replace("t1ce", "seg"))).labels
        scale = intensity_scale(scanned)
        assert scale.air_value == scanned.voxels.min()
        used = slice_range(scanned.voxels.shape[2])
        gray = np.stack([to_gray(axial_slice(scanned.voxels, z), scale) for z in used])
        enhancing = gray[np.stack([axial_slice(labels, z) for z in used]) == 4]
        assert np.mean(enhancing == 255) <= 0.02
        brain = scanned.voxels[scanned.voxels != scale.air_value]
        assert scale.high == pytest.approx(np.percentile(brain, 99.9), rel=0.03)


@pytest.mark.realdata
def test_noise_around_whole_heads_is_told_from_tissue(shared_data: Path) -> None:
    for path in sorted((shared_data / "btp").glob("*/*_T1.nii.gz")):
        scanned = read_volume(path)
        scale = intensity_scale(scanned)
        gray = to_gray(axial_slice(scanned.voxels, 10), scale)
        assert 0.2 < np.mean(gray >= scale.tissue_gray) < 0.6
        assert np.mean(gray[:12, :12] < scale.tissue_gray) > 0.99
