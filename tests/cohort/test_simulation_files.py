"""A simulated cohort on disk: BraTS folders, the same whatever the number of processes."""

import numpy as np
import pytest

from core.cohort.simulation import simulate_patient, write_cohort
from core.cohort.simulation.cohort_files import patient_seed
from core.errors import BadInputError
from core.imaging.nifti import read_segmentation, read_volume


def test_a_cohort_written_by_two_processes_is_what_each_seed_gives_alone(tmp_path):
    steps = []

    write_cohort(
        tmp_path / "cohort", 2, seed=7, n_workers=2, on_progress=lambda done, total: steps.append((done, total))
    )

    names = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file())
    assert names == [
        "cohort/SIM_0001/SIM_0001_seg.nii.gz",
        "cohort/SIM_0001/SIM_0001_t1ce.nii.gz",
        "cohort/SIM_0002/SIM_0002_seg.nii.gz",
        "cohort/SIM_0002/SIM_0002_t1ce.nii.gz",
    ]
    assert steps == [(1, 2), (2, 2)]
    alone = simulate_patient(patient_seed(7, 2))
    volume = read_volume(tmp_path / "cohort/SIM_0002/SIM_0002_t1ce.nii.gz")
    segmentation = read_segmentation(tmp_path / "cohort/SIM_0002/SIM_0002_seg.nii.gz")
    assert np.array_equal(volume.voxels, alone.t1c.voxels)
    assert np.array_equal(segmentation.labels, alone.segmentation.labels)
    assert volume.spacing_mm == (1.0, 1.0, 1.0)


def test_a_patient_does_not_depend_on_how_many_there_are_but_on_its_cohorts_seed():
    assert patient_seed(0, 1) == patient_seed(0, 1)
    assert len({patient_seed(seed, number) for seed in range(20) for number in range(1, 51)}) == 1000


@pytest.mark.parametrize("n_patients", [0, -1, 10_000])
def test_an_impossible_number_of_patients_is_refused_before_anything_is_written(tmp_path, n_patients):
    with pytest.raises(BadInputError, match=str(n_patients)):
        write_cohort(tmp_path / "cohort", n_patients, seed=0, on_progress=lambda *_: None)
    assert not (tmp_path / "cohort").exists()


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(BadInputError, match="-3"):
        write_cohort(tmp_path / "cohort", 1, seed=-3, on_progress=lambda *_: None)


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(BadInputError, match="taken"):
        write_cohort(tmp_path / "taken", 1, seed=0, on_progress=lambda *_: None)
