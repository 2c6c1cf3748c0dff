"""Import: reading compressed volumes, and making image sets of them, against nibabel alone."""

import gzip
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nibabel as nib
import numpy as np

from core.cohort.simulation.cohort_files import write_cohort
from core.identifiers import CohortName
from core.imaging.nifti import read_volume
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.cohorts import CohortRequest, import_cohort
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import ROOT

PATIENT_DATA = ROOT.parent / "shared" / "data" / "brats"
N_SIMULATED = 3
N_DECOMPRESSIONS = 15
N_IMPORTS = 7
GZIP_LEVEL = 6  # of gzip, ITK and most others


def measure_import() -> list[Figure]:
    """Patient data where it lies beside the checkout, else simulated patients. Files come from the page cache."""
    with tempfile.TemporaryDirectory() as scratch, _cohort_folder(Path(scratch)) as cohort:
        volumes = sorted(cohort.rglob("*t1ce.nii.gz"))
        as_int16 = _rewritten_as_int16(volumes, Path(scratch) / "int16")
        return [
            *_decompression(volumes, "as they are"),
            *_decompression(as_int16, "as int16"),
            *_whole_import(cohort, Path(scratch)),
        ]


@contextmanager
def _cohort_folder(scratch: Path) -> Iterator[Path]:
    if PATIENT_DATA.is_dir():
        print(f"  volumes: {PATIENT_DATA.name} (patient data)")
        yield PATIENT_DATA
        return
    print(f"  volumes: {N_SIMULATED} simulated patients")
    folder = scratch / "simulated"
    write_cohort(folder, N_SIMULATED, seed=0, on_progress=lambda _done, _total: None)
    yield folder


def _rewritten_as_int16(volumes: Sequence[Path], folder: Path) -> list[Path]:
    """The same images as the scanners numbered them, the type of most releases of BraTS.

    The z-scores of the patient data are whole numbers of one step above the air: nothing is lost.
    """
    folder.mkdir()
    paths = []
    for path in volumes:
        image = nib.load(path)
        values = np.asarray(image.dataobj, np.float64)
        step = np.median(np.diff(np.unique(values)))
        numbers = np.rint((values - values.min()) / step).astype(np.int16)
        paths.append(folder / path.name)
        paths[-1].write_bytes(gzip.compress(nib.Nifti1Image(numbers, image.affine).to_bytes(), GZIP_LEVEL))
    return paths


def _decompression(volumes: Sequence[Path], kind: str) -> list[Figure]:
    """All volumes one after the other, as an import reads them, into arrays of their own number type."""
    ours, nibabels = _in_turn((_read_by_us, volumes), (_read_by_nibabel, volumes), n=N_DECOMPRESSIONS)
    ms = [1000 * statistics.median(times) / len(volumes) for times in (ours, nibabels)]
    return [
        Figure(name=f"a volume into memory, {kind}: ours", value=ms[0], unit="ms", n=N_DECOMPRESSIONS),
        Figure(name="nibabel alone", value=ms[1], unit="ms", n=N_DECOMPRESSIONS),
        Figure(name="nibabel / ours", value=ms[1] / ms[0], unit="times", n=N_DECOMPRESSIONS, at_least=4),
    ]


def _whole_import(cohort: Path, scratch: Path) -> list[Figure]:
    """Axial slices of all volumes per second: the import into a new workspace, and `get_fdata()` alone."""
    files = sorted(cohort.rglob("*.nii.gz"))
    n_slices = sum(nib.load(path).shape[2] for path in files if "seg" not in path.name)
    ours, nibabels = _in_turn((_import_anew, cohort, scratch), (_get_fdata, files), n=N_IMPORTS)
    rates = [n_slices / statistics.median(times) for times in (ours, nibabels)]
    return [
        Figure(name="the whole import: ours", value=rates[0], unit="slices/s", n=N_IMPORTS),
        Figure(name="get_fdata() of the same files", value=rates[1], unit="slices/s", n=N_IMPORTS),
        Figure(name="ours / get_fdata()", value=rates[0] / rates[1], unit="times", n=N_IMPORTS, at_least=2),
    ]


def _in_turn(*jobs: tuple[Callable[..., None], *tuple[object, ...]], n: int) -> list[list[float]]:
    """Seconds of n runs of each job, in turn, after one of each that does not count.

    Each has a process of its own: what one leaves of its memory makes the other faster or slower.
    """
    times: list[list[float]] = [[] for _ in jobs]
    with ExitStack() as stack:
        spawn = multiprocessing.get_context("spawn")
        workers = [stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn)) for _ in jobs]
        for _ in range(n + 1):
            for worker, job, seconds in zip(workers, jobs, times, strict=True):
                seconds.append(worker.submit(_seconds, *job).result())
    return [seconds[1:] for seconds in times]


def _seconds(job: Callable[..., None], *arguments: object) -> float:
    started_at = time.perf_counter()
    job(*arguments)
    return time.perf_counter() - started_at


def _read_by_us(volumes: Sequence[Path]) -> None:
    for path in volumes:
        read_volume(path)


def _read_by_nibabel(volumes: Sequence[Path]) -> None:
    for path in volumes:
        np.asarray(nib.load(path).dataobj)


def _get_fdata(files: Sequence[Path]) -> None:
    for path in files:
        nib.load(path).get_fdata()


def _import_anew(cohort: Path, scratch: Path) -> None:
    paths = WorkspacePaths(Path(tempfile.mkdtemp(dir=scratch)))
    with opened(paths.database, create=True):
        pass
    import_cohort(paths, CohortRequest(name=CohortName("cohort"), folder=cohort), on_progress=lambda _d, _t: None)
