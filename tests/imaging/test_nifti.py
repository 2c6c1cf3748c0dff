"""What files become volumes, in which orientation, and what is said of the others."""

import gzip
import itertools
import resource
import struct
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from core.errors import BadInputError
from core.imaging import gzip_stream
from core.imaging.nifti import read_segmentation, read_volume, write_segmentation, write_volume
from core.imaging.volume import Segmentation, Volume

LPS_AFFINE = np.diag([-1.0, -2.0, 3.0, 1.0])


@pytest.fixture
def phantom() -> np.ndarray:
    """A 5 x 6 x 7 LPS array in which every voxel differs."""
    return np.arange(5 * 6 * 7, dtype=np.int16).reshape(5, 6, 7)


def saved(path: Path, data: np.ndarray, affine: np.ndarray = LPS_AFFINE, **header_fields: object) -> Path:
    image = nib.Nifti1Image(data, affine)
    for name, value in header_fields.items():
        image.header[name] = value
    nib.save(image, path)
    return path


@pytest.mark.parametrize("name", ["a.nii", "a.nii.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint16", "float32", "float64"])
def test_what_is_written_is_read_back(tmp_path: Path, phantom: np.ndarray, name: str, dtype: str) -> None:
    volume = Volume(voxels=phantom.astype(dtype), spacing_mm=(1.0, 2.0, 3.0))
    write_volume(tmp_path / name, volume)
    again = read_volume(tmp_path / name)
    assert again.voxels.dtype == dtype
    assert again.spacing_mm == (1.0, 2.0, 3.0)
    np.testing.assert_array_equal(again.voxels, volume.voxels)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_written_files_are_lps_for_every_other_reader(tmp_path: Path, phantom: np.ndarray) -> None:
    write_segmentation(tmp_path / "s.nii.gz", Segmentation(labels=phantom, spacing_mm=(1.0, 1.0, 1.0)))
    image = nib.load(tmp_path / "s.nii.gz")
    assert nib.aff2axcodes(image.affine) == ("L", "P", "S")
    np.testing.assert_array_equal(np.asarray(image.dataobj), phantom)


def test_the_same_voxels_give_the_same_bytes(tmp_path: Path, phantom: np.ndarray) -> None:
    for name in ("a.nii.gz", "b.nii.gz"):
        write_volume(tmp_path / name, Volume(voxels=phantom, spacing_mm=(1.0, 1.0, 1.0)))
    assert (tmp_path / "a.nii.gz").read_bytes() == (tmp_path / "b.nii.gz").read_bytes()


@pytest.mark.parametrize("codes", list(itertools.product("LR", "AP", "IS")))
@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_each_of_48_orientations_comes_back_in_lps(
    tmp_path: Path, phantom: np.ndarray, codes: tuple[str, ...], order: tuple[int, ...]
) -> None:
    shuffled = tuple(codes[i] for i in order)
    to_file = nib.orientations.ornt_transform(
        nib.orientations.axcodes2ornt("LPS"), nib.orientations.axcodes2ornt(shuffled)
    )
    data = nib.orientations.apply_orientation(phantom, to_file)
    affine = LPS_AFFINE @ nib.orientations.inv_ornt_aff(to_file, phantom.shape)
    volume = read_volume(saved(tmp_path / "a.nii", data, affine))
    np.testing.assert_array_equal(volume.voxels, phantom)
    assert volume.spacing_mm == (1.0, 2.0, 3.0)


def tilted(degrees: float) -> np.ndarray:
    """An LPS affine turned about the patient's left-right axis, as scanners turn it."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[-1, 0, 0, 0], [0, -c, s, 0], [0, s, c, 0], [0, 0, 0, 1.0]])


def test_a_tilted_volume_is_taken_by_its_nearest_axes_up_to_30_degrees(tmp_path: Path, phantom: np.ndarray) -> None:
    taken = read_volume(saved(tmp_path / "a.nii", phantom, tilted(25)))
    np.testing.assert_array_equal(taken.voxels, phantom)
    with pytest.raises(BadInputError, match="oblique, 40 degrees"):
        read_volume(saved(tmp_path / "b.nii", phantom, tilted(40)))


def test_a_file_that_does_not_say_how_the_head_lies_is_refused(tmp_path: Path, phantom: np.ndarray) -> None:
    path = saved(tmp_path / "a.nii", phantom)
    raw = bytearray(path.read_bytes())
    raw[252:256] = bytes(4)
    path.write_bytes(raw)
    with pytest.raises(BadInputError, match="neither qform nor sform"):
        read_volume(path)


def test_big_endian_and_scaled_values_come_out_as_meant(tmp_path: Path, phantom: np.ndarray) -> None:
    image = nib.Nifti1Image(phantom.astype(">f4"), LPS_AFFINE, nib.Nifti1Header(endianness=">"))
    nib.save(image, tmp_path / "big.nii")
    np.testing.assert_array_equal(read_volume(tmp_path / "big.nii").voxels, phantom)
    path = saved(tmp_path / "scaled.nii", phantom)
    raw = bytearray(path.read_bytes())
    raw[112:120] = struct.pack("<2f", 0.5, -10)
    path.write_bytes(raw)
    np.testing.assert_allclose(read_volume(path).voxels, phantom * 0.5 - 10)


def test_nifti_2_and_trailing_axes_of_one_are_read(tmp_path: Path, phantom: np.ndarray) -> None:
    nib.save(nib.Nifti2Image(phantom[..., None], LPS_AFFINE), tmp_path / "two.nii.gz")
    np.testing.assert_array_equal(read_volume(tmp_path / "two.nii.gz").voxels, phantom)


@pytest.mark.parametrize("junk", [b"", bytes(512)])
def test_several_gzip_members_are_one_file(tmp_path: Path, phantom: np.ndarray, junk: bytes) -> None:
    raw = saved(tmp_path / "a.nii", phantom).read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(raw[:400]) + gzip.compress(raw[400:]) + junk)
    np.testing.assert_array_equal(read_volume(tmp_path / "b.nii.gz").voxels, phantom)


def test_bytes_after_the_image_do_no_harm(tmp_path: Path, phantom: np.ndarray) -> None:
    raw = saved(tmp_path / "a.nii", phantom).read_bytes()
    (tmp_path / "b.nii.gz").write_bytes(gzip.compress(raw + bytes(1000)))
    np.testing.assert_array_equal(read_volume(tmp_path / "b.nii.gz").voxels, phantom)


def test_without_access_to_libdeflate_the_package_is_used(
    tmp_path: Path, phantom: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path / "a.nii.gz", phantom)
    monkeypatch.setattr(gzip_stream, "_inflate_into", lambda: None)
    np.testing.assert_array_equal(read_volume(path).voxels, phantom)


def test_a_wrong_checksum_is_found(tmp_path: Path, phantom: np.ndarray) -> None:
    path = saved(tmp_path / "a.nii.gz", phantom)
    raw = bytearray(path.read_bytes())
    raw[-8] ^= 1  # the first byte of the CRC-32
    path.write_bytes(raw)
    with pytest.raises(BadInputError, match=r"a\.nii\.gz: its compressed data is damaged"):
        read_volume(path)


@pytest.mark.parametrize("compressed", [False, True])
def test_a_claim_of_20_gigabytes_takes_no_memory(tmp_path: Path, compressed: bool) -> None:
    header = nib.Nifti1Header()
    header.set_data_shape((2300, 2300, 2000))
    header.set_data_dtype(np.int16)
    header.set_sform(LPS_AFFINE, code=1)
    header["vox_offset"], header["magic"] = 352, b"n+1"
    raw = header.binaryblock + bytes(100_000)
    path = tmp_path / "lie.nii.gz"
    path.write_bytes(gzip.compress(raw) if compressed else raw)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(BadInputError, match=r"lie\.nii\.gz: its header claims 21,160,000,352 bytes"):
        read_volume(path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50_000


def test_float_labels_become_whole_numbers_and_nan_is_background(tmp_path: Path) -> None:
    labels = np.zeros((4, 5, 6), np.float32)
    labels[1, 2, 3], labels[3, 3, 3] = 4, 2
    exact = read_segmentation(saved(tmp_path / "a.nii.gz", labels))
    assert exact.labels.dtype == np.uint8
    np.testing.assert_array_equal(exact.labels, labels)
    labels[0, 0, 0] = np.nan
    np.testing.assert_array_equal(
        read_segmentation(saved(tmp_path / "b.nii", labels)).labels, np.nan_to_num(labels)
    )


def test_probabilities_are_no_label_map(tmp_path: Path) -> None:
    labels = np.full((4, 5, 6), 0.25, np.float32)
    with pytest.raises(BadInputError, match=r"a\.nii: holds the value 0\.25, so it is not a label map"):
        read_segmentation(saved(tmp_path / "a.nii", labels))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=r"absent\.nii: cannot be read \(No such file"):
        read_volume(tmp_path / "absent.nii")


def test_a_volume_needs_three_axes_of_numbers() -> None:
    with pytest.raises(BadInputError, match=r"\(3, 3\)"):
        Volume(voxels=np.zeros((3, 3)), spacing_mm=(1.0, 1.0, 1.0))
    with pytest.raises(BadInputError, match="float64"):
        Segmentation(labels=np.zeros((3, 3, 3)), spacing_mm=(1.0, 1.0, 1.0))  # type: ignore[arg-type]


READABLE = {
    "all_zero.nii.gz",
    "bigendian_f4.nii",
    "constant.nii.gz",
    "gz_named_nii.nii",
    "has_nan.nii.gz",
    "negative_values.nii.gz",
    "oblique25.nii.gz",
    "ok_small_u8.nii.gz",
    "orient_AIL.nii.gz",
    "scl_slope_inter.nii.gz",
    "seg_empty.nii.gz",
    "seg_ok_shape.nii.gz",
    "seg_wrong_shape.nii.gz",
}
FAULTS = {
    "2d_only.nii.gz": "2-D (66 x 78)",
    "4d_four_channels.nii.gz": "4-D (66 x 78 x 63 x 4)",
    "bad_magic.nii": "wrong magic",
    "dim_lies_9999.nii": "claims 49,135,438 bytes and 324,676 are there",
    "empty.nii.gz": "empty",
    "header_only.nii": "352 are there",
    "lfs_pointer.nii.gz": "git-lfs",
    "not_nifti.nii.gz": "not a NIfTI file",
    "rgb24.nii.gz": "color",
    "truncated_gz.nii.gz": "cut off",
}


@pytest.mark.realdata
def test_every_odd_file_is_read_or_refused_in_one_line_that_names_it(shared_data: Path) -> None:
    paths = sorted((shared_data / "odd_nifti").iterdir())
    assert {path.name for path in paths} == READABLE | FAULTS.keys()
    for path in paths:
        if path.name in READABLE:
            assert read_volume(path).voxels.ndim == 3
            continue
        with pytest.raises(BadInputError) as caught:
            read_volume(path)
        assert caught.value.what.startswith(f"{path.name}: ")
        assert FAULTS[path.name] in caught.value.what
        assert "\n" not in str(caught.value)
        assert caught.value.next_step


@pytest.mark.realdata
def test_odd_files_of_one_head_show_the_same_head(shared_data: Path) -> None:
    folder = shared_data / "odd_nifti"
    head = read_volume(folder / "ok_small_u8.nii.gz").voxels
    for name in ("orient_AIL.nii.gz", "gz_named_nii.nii", "bigendian_f4.nii"):
        np.testing.assert_array_equal(read_volume(folder / name).voxels, head)


@pytest.mark.realdata
def test_real_volumes_equal_what_nibabel_reads(shared_data: Path) -> None:
    for path in sorted((shared_data / "brats").glob("*/*.nii.gz"))[:4]:
        expected = np.asarray(nib.load(path).dataobj)
        found = read_segmentation(path).labels if "_seg" in path.name else read_volume(path).voxels
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(100))
def test_no_damage_to_a_header_does_more_than_refuse_the_file(
    tmp_path: Path, phantom: np.ndarray, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    raw = bytearray(saved(tmp_path / "a.nii", phantom).read_bytes())
    at = 40 + int(rng.integers(300))
    raw[at : at + 4] = rng.choice([0, 1, 127, 128, 255], 4).astype(np.uint8).tobytes()
    path = tmp_path / "damaged.nii"
    path.write_bytes(raw)
    refusals = []
    for read in (read_volume, read_segmentation):
        try:
            read(path)
        except BadInputError as error:
            refusals.append(error.what)
    assert all(what.startswith("damaged.nii: ") for what in refusals)
