"""Two people at work at once: one wins, the other is told."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from core.errors import MrTuringError, NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName, StudyName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.image_sets import ImagesRequest, all_image_sets, delete_image_set, import_images
from core.workflows.studies import create_study, lock_study
from tests.phantoms import phantom_images, plan


def outcomes(first: Callable[[], object], second: Callable[[], object]) -> list[object]:
    """Run both at once; what each returned, or how it was refused."""

    def outcome(task: Callable[[], object]) -> object:
        try:
            return task()
        except MrTuringError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(outcome, (first, second)))


def assert_one_was_refused(ends: list[object], words: str) -> None:
    (refused,) = (end for end in ends if isinstance(end, MrTuringError))
    assert isinstance(refused, RefusedError)
    assert words in refused.what


@pytest.fixture
def paths(workspace: Path) -> WorkspacePaths:
    return WorkspacePaths(workspace)


@pytest.fixture
def meet() -> Callable[[int, int], None]:
    """Progress that waits, at the first file, until both have got there: both found the name free before."""
    barrier = threading.Barrier(2, timeout=60)

    def on_progress(n_done: int, _total: int) -> None:
        if n_done == 1:
            barrier.wait()

    return on_progress


def test_of_two_image_sets_of_one_name_one_is_kept_whole(
    paths: WorkspacePaths, images: Path, meet: Callable[[int, int], None]
) -> None:
    request = ImagesRequest(
        name=ImageSetName("new"), folder=images, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR
    )
    ends = outcomes(*[lambda: import_images(paths, request, on_progress=meet)] * 2)
    assert_one_was_refused(ends, "There is an image set 'new' already")
    assert len(all_image_sets(paths)) == 5
    np.testing.assert_array_equal(open_pixels(paths.image_set(request.name)), [*phantom_images(20, seed=9)])
    assert list(paths.images.glob(".*")) == []


def test_of_two_cohorts_of_one_name_one_is_kept_whole(
    paths: WorkspacePaths, patients: Path, meet: Callable[[int, int], None]
) -> None:
    request = CohortRequest(name=CohortName("new"), folder=patients)
    ends = outcomes(*[lambda: import_cohort(paths, request, on_progress=meet)] * 2)
    assert_one_was_refused(ends, "There is a cohort 'new' already")
    assert len(all_image_sets(paths)) == 6


def test_imports_of_different_names_do_not_disturb_each_other(
    paths: WorkspacePaths, images: Path, patients: Path, meet: Callable[[int, int], None]
) -> None:
    request = ImagesRequest(
        name=ImageSetName("one"), folder=images, kind=ImageKind.REAL, tumor_status=TumorStatus.TUMOR
    )
    cohort = CohortRequest(name=CohortName("two"), folder=patients)
    ends = outcomes(
        lambda: import_images(paths, request, on_progress=meet),
        lambda: import_cohort(paths, cohort, on_progress=meet),
    )
    assert not [end for end in ends if isinstance(end, MrTuringError)]
    assert len(all_image_sets(paths)) == 7


def test_a_set_that_was_deleted_while_another_of_its_name_comes_is_the_new_one(
    paths: WorkspacePaths, images: Path
) -> None:
    """Pixels are removed under the same lock as rows are written: never those of the newer set."""
    request = ImagesRequest(
        name=ImageSetName("new"), folder=images, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR
    )

    def delete_and_import() -> None:
        for _ in range(5):
            with suppress(RefusedError):  # the other one's is there
                import_images(paths, request, on_progress=lambda *_: None)
            with suppress(NotFoundError):  # the other one deleted it
                delete_image_set(paths, request.name)

    assert outcomes(delete_and_import, delete_and_import) == [None, None]
    names = {f"{entry.name}.npy" for entry in all_image_sets(paths)}
    assert {path.name for path in paths.images.iterdir()} == names


def test_of_two_studies_of_one_name_one_is_made_and_locked_once(paths: WorkspacePaths) -> None:
    ends = outcomes(*[lambda: create_study(paths, plan("new", per_arm=1))] * 2)
    assert_one_was_refused(ends, "There is a study 'new' already")
    assert_one_was_refused(outcomes(*[lambda: lock_study(paths, StudyName("new"))] * 2), "is locked already")
