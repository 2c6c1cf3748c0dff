"""The image behind a point, and image sets of chosen ones."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.embedding.embedding import Embedding
from core.errors import BadInputError, NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName
from core.imageset.pixels import open_pixels
from core.imageset.record import TumorStatus
from core.settings import WorkspacePaths
from core.storage import cohorts
from core.storage.database import opened
from core.workflows.augmentation import augmentation
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.embedding_columns import point_columns
from core.workflows.image_sets import image_set_records
from core.workflows.pointed_images import CHOSEN, point_image, point_record, set_of_chosen, stored_positions
from core.workflows.study_sources import study_sources
from core.workflows.training_data import training_data
from tests.made_up_embeddings import NAME, planted_embedding
from tests.phantom_patients import write_patients
from tests.phantoms import workspace_with_four_sets
from tests.small_trainings import GLIOMA

REAL = ImageSetName("real-nontumor")
SOME = ImageSetName("some")


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return workspace_with_four_sets(tmp_path / "workspace")


@pytest.fixture
def embedding(paths: WorkspacePaths) -> Embedding:
    return planted_embedding(paths)


def test_a_point_shows_its_own_image(paths: WorkspacePaths, embedding: Embedding) -> None:
    assert (point_image(paths, embedding, 15) == open_pixels(paths.image_set(REAL))[3]).all()
    assert point_record(paths, embedding, 15) == image_set_records(paths, REAL)[3]


def test_a_transformed_point_shows_what_augmentation_makes(paths: WorkspacePaths, embedding: Embedding) -> None:
    point = 2 * 12 + 12 + 5
    made = augmentation(paths, REAL, n_images=12, seed=embedding.about.seed)
    assert (point_image(paths, embedding, point) == made.images.images([5])[0]).all()
    later = replace(embedding, transformed=np.where(embedding.kinds == 1, embedding.positions + 12, -1))
    assert (point_image(paths, later, point) != point_image(paths, embedding, point)).any()


def test_records_are_called_as_in_the_columns(paths: WorkspacePaths, embedding: Embedding) -> None:
    ids = point_columns(paths, embedding).image_id
    assert [point_record(paths, embedding, point).image_id for point in range(len(embedding))] == ids
    assert ids[2 * 12 + 5] == "real-tumor-5-v0"


@pytest.mark.parametrize("point", [-1, 72])
def test_a_point_that_is_none_is_told(paths: WorkspacePaths, embedding: Embedding, point: int) -> None:
    for ask in (point_image, point_record):
        with pytest.raises(BadInputError, match=f"no point {point}"):
            ask(paths, embedding, point)


def test_transformed_images_are_stored_nowhere(embedding: Embedding) -> None:
    found = stored_positions(embedding, [50, 3, 25, 48, 1])
    assert found == {"synthetic-tumor": [0, 2], "real-tumor": [1, 3]}


def test_chosen_images_become_a_set_as_they_are(paths: WorkspacePaths) -> None:
    made = set_of_chosen(paths, REAL, SOME, positions=[7, 2, 7], embedding=NAME)
    source = image_set_records(paths, REAL)
    assert image_set_records(paths, SOME) == [source[2], source[7]]
    assert (open_pixels(paths.image_set(SOME)) == open_pixels(paths.image_set(REAL))[[2, 7]]).all()
    assert (made.kind, made.tumor_status, made.provenance["source"]) == ("real", "nontumor", "phantom")
    origin = made.provenance[CHOSEN]
    assert (origin["image_set"], origin["embedding"], origin["positions"]) == (REAL, NAME, [2, 7])


@pytest.mark.parametrize(
    ("name", "positions", "kind"),
    [
        (REAL, [1], RefusedError),
        (SOME, [], BadInputError),
        (SOME, [12], BadInputError),
        (SOME, [-1], BadInputError),
    ],
)
def test_what_cannot_be_a_set_leaves_none(
    paths: WorkspacePaths, name: ImageSetName, positions: list[int], kind: type[Exception]
) -> None:
    before = sorted(paths.images.iterdir())
    with pytest.raises(kind):
        set_of_chosen(paths, REAL, name, positions=positions, embedding=NAME)
    assert sorted(paths.images.iterdir()) == before


def test_a_set_that_is_not_there_is_told(paths: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError):
        set_of_chosen(paths, ImageSetName("gone"), SOME, positions=[0], embedding=NAME)


def test_chosen_images_of_a_cohort_are_not_among_those_scanned(paths: WorkspacePaths, tmp_path: Path) -> None:
    request = CohortRequest(name=CohortName("glioma"), folder=write_patients(tmp_path / "BraTS", 1))
    scanned = import_cohort(paths, request, on_progress=lambda *_: None).image_sets
    made = set_of_chosen(paths, scanned[0], SOME, positions=[0, 1], embedding=NAME)
    assert made.cohort == "glioma"
    with opened(paths.database) as db:
        assert set(cohorts.image_sets_of(db, CohortName("glioma"))) == {*scanned, SOME}
        assert set(cohorts.scanned_sets_of(db, CohortName("glioma"))) == {*scanned}
    with pytest.raises(RefusedError, match="as scanned"):
        set_of_chosen(paths, scanned[0], ImageSetName("glioma-unknown"), positions=[0], embedding=NAME)


def test_a_few_that_were_chosen_do_not_stand_for_their_cohort(cohort: WorkspacePaths) -> None:
    """As a set of images as scanned does, together with what was corrected to its tumor status."""
    training = training_data(cohort, GLIOMA, TumorStatus.TUMOR).training[:3].tolist()
    set_of_chosen(cohort, ImageSetName("glioma-tumor"), SOME, positions=training, embedding=NAME)
    made = augmentation(cohort, SOME, n_images=6, seed=0)
    assert (made.set_names, len(made.records)) == ([SOME], 3)
    with opened(cohort.database) as db:
        (source,) = study_sources(db, cohort, real=[SOME], synthetic=[])
    assert (source.image_set.name, int(source.may_be_drawn.sum())) == (SOME, 3)
