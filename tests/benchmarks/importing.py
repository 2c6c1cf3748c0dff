"""Import: reading compressed volumes, and making image sets of them, against nibabel alone."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
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
    """The same images as scanners number them, 0 to 4095: the type of most BraTS releases."""
    folder.mkdir()
    paths = []
    for path in volumes:
        image = nib.load(path)
        values = np.asarray(image.dataobj, np.float32)
        numbers = np.rint((values - values.min()) * (4095 / np.ptp(values))).astype(np.int16)
        paths.append(folder / path.name)
        nib.save(nib.Nifti1Image(numbers, image.affine), paths[-1])
    return paths


def _decompression(volumes: Sequence[Path], kind: str) -> list[Figure]:
    """One volume into an array of its own number type: ours and nibabel's, in turn."""
    ours: list[float] = []
    nibabels: list[float] = []
    ratios: list[float] = []
    for path in volumes:
        one, other = _interleaved(lambda p=path: read_volume(p), lambda p=path: _by_nibabel(p), n=N_DECOMPRESSIONS)
        ours.append(statistics.median(one))
        nibabels.append(statistics.median(other))
        ratios.append(nibabels[-1] / ours[-1])
    n = len(volumes) * N_DECOMPRESSIONS
    return [
        Figure(name=f"a volume into memory, {kind}: ours", value=statistics.median(ours) * 1000, unit="ms", n=n),
        Figure(name="nibabel alone", value=statistics.median(nibabels) * 1000, unit="ms", n=n),
        Figure(name="nibabel / ours", value=statistics.median(ratios), unit="times", n=len(volumes), at_least=4),
    ]


def _whole_import(cohort: Path, scratch: Path) -> list[Figure]:
    """Axial slices of all volumes per second: the import into a new workspace, and `get_fdata()` alone."""
    files = sorted(cohort.rglob("*.nii.gz"))
    n_slices = sum(nib.load(path).shape[2] for path in files if "seg" not in path.name)
    numbers = iter(range(N_IMPORTS + 1))
    ours, nibabels = _interleaved(
        lambda: _import_anew(cohort, scratch / f"workspace{next(numbers)}"),
        lambda: [nib.load(path).get_fdata() for path in files] and None,
        n=N_IMPORTS,
    )
    rates = [n_slices / statistics.median(times) for times in (ours, nibabels)]
    return [
        Figure(name="the whole import: ours", value=rates[0], unit="slices/s", n=N_IMPORTS),
        Figure(name="get_fdata() of the same files", value=rates[1], unit="slices/s", n=N_IMPORTS),
        Figure(name="ours / get_fdata()", value=rates[0] / rates[1], unit="times", n=N_IMPORTS, at_least=2),
    ]


def _interleaved(
    one: Callable[[], object], other: Callable[[], object], *, n: int
) -> tuple[list[float], list[float]]:
    """Seconds of n runs of each, in turn, after one of each that does not count."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(n + 1):
        for run, seconds in zip((one, other), times, strict=True):
            started_at = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - started_at)
    return times[0][1:], times[1][1:]


def _by_nibabel(path: Path) -> np.ndarray:
    return np.asarray(nib.load(path).dataobj)


def _import_anew(cohort: Path, root: Path) -> None:
    paths = WorkspacePaths(root)
    with opened(paths.database, create=True):
        pass
    import_cohort(paths, CohortRequest(name=CohortName("cohort"), folder=cohort), on_progress=lambda _d, _t: None)
