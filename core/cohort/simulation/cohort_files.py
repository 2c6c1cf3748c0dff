"""A cohort of simulated patients on disk, in the folder layout of BraTS."""

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

import numpy as np

from core.cohort.simulation.patient import simulate_patient
from core.errors import BadInputError
from core.imaging.nifti import write_segmentation, write_volume

MAX_PATIENTS = 9999
# A worker needs about 0.85 GB, and 5 s until its first patient.
_MAX_WORKERS = 2
_PATIENTS_THAT_PAY_A_WORKER = 3


def write_cohort(
    folder: Path,
    n_patients: int,
    *,
    seed: int,
    on_progress: Callable[[int, int], None],
    n_workers: int | None = None,
) -> None:
    """Write `SIM_0001/SIM_0001_t1ce.nii.gz` and `_seg.nii.gz`, and so on, into `folder`.

    A patient depends on `seed` and its number only. `on_progress(done, total)` is called after each, in this
    process. Without `n_workers` as many processes are used as cores allow. Raises BadInputError.
    """
    if not 1 <= n_patients <= MAX_PATIENTS:
        raise BadInputError(f"{n_patients} patients cannot be simulated.", f"Ask for 1 to {MAX_PATIENTS}.")
    if seed < 0:
        raise BadInputError(f"{seed} is not a seed.", "Give 0 or a larger whole number.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInputError(f"{folder} cannot be made ({error.strerror}).", "Choose another folder.") from error
    workers = _n_workers(n_patients) if n_workers is None else n_workers
    written = _written_here if workers <= 1 else _written_by(workers)
    for done, _ in enumerate(written(folder, n_patients, seed), start=1):
        on_progress(done, n_patients)


def patient_seed(cohort_seed: int, number: int) -> int:
    """The seed of patient `number` (from 1) of a cohort: 64 bits that no two patients share in practice."""
    return int(np.random.SeedSequence([cohort_seed, number]).generate_state(1, np.uint64)[0])


def _n_workers(n_patients: int) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _MAX_WORKERS, n_patients // _PATIENTS_THAT_PAY_A_WORKER)


def _written_here(folder: Path, n_patients: int, seed: int) -> Iterator[int]:
    for number in range(1, n_patients + 1):
        yield _write_patient(folder, seed, number)


def _written_by(workers: int) -> Callable[[Path, int, int], Iterator[int]]:
    def written(folder: Path, n_patients: int, seed: int) -> Iterator[int]:
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(workers, mp_context=context, initializer=_end_with_parent) as pool:
            try:
                numbers = range(1, n_patients + 1)
                for future in as_completed([pool.submit(_write_patient, folder, seed, n) for n in numbers]):
                    yield future.result()
            finally:
                pool.shutdown(cancel_futures=True)

    return written


def _end_with_parent() -> None:
    """A killed parent cannot tell its workers to stop: each watches for its end."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _write_patient(folder: Path, cohort_seed: int, number: int) -> int:
    patient = simulate_patient(patient_seed(cohort_seed, number))
    name = f"SIM_{number:04d}"
    (folder / name).mkdir(exist_ok=True)
    write_volume(folder / name / f"{name}_t1ce.nii.gz", patient.t1c)
    write_segmentation(folder / name / f"{name}_seg.nii.gz", patient.segmentation)
    return number
