"""An embedding shows the images that were asked for, is computed once, and never shows anything stale."""

import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.curation.decision import CurationAct, Verdict
from core.embedding.embedding import KINDS, NO_IMAGE, STATUSES, Engine, PointKind
from core.errors import BadInputError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import ActId, CohortName, EmbeddingName, ImageSetName, ReleaseName
from core.imageset.record import Partition, TumorStatus
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import curator_known_as
from core.workflows.curation import record_act
from core.workflows.embedding import embed, would_gain_from_compiling
from core.workflows.embedding_columns import CurationOutcome, point_columns
from core.workflows.embedding_plan import embedding_plan
from core.workflows.image_sets import delete_image_set, image_set_records
from core.workflows.releases import release
from core.workflows.stored_embedding import (
    delete_embedding,
    embedding_named,
    embedding_progress,
    embeddings,
    embeddings_at_work,
    unreadable_embeddings,
)
from tests.phantom_patients import N_NONTUMOR, N_TUMOR
from tests.workflows.embedding_requests import DRAWN, add_synthetic, embedded, request

TUMOR, NONTUMOR = ImageSetName("glioma-tumor"), ImageSetName("glioma-nontumor")
N_PATIENTS, N_TRAINING = 5, 3


def decide(
    paths: WorkspacePaths, name: ImageSetName, verdict: Verdict, images: tuple[int, ...], **more: str
) -> None:
    curator = curator_known_as(paths, None)
    act = CurationAct(
        act_id=ActId(f"act-{name}-{verdict}-{images[0]}"),
        image_set=name,
        curator=curator.person_id,
        verdict=verdict,
        image_indices=images,
        decided_at=utc_now(),
        reason="other" if verdict is Verdict.DISCARD else None,
        note="It is.",
        tumor_status=TumorStatus(more["as_"]) if "as_" in more else None,
    )
    record_act(paths, act, curator=curator)


def categories(paths: WorkspacePaths, **asked: object) -> Counter[str]:
    embedding = embedded(paths, **asked)
    return Counter(embedding.category(point) for point in range(len(embedding)))


def test_a_cohort_alone_shows_real_images_and_transformed_training_images(cohort: WorkspacePaths) -> None:
    embedding = embedded(cohort)
    found = Counter(embedding.category(point) for point in range(len(embedding)))
    assert found == {
        "real tumor": N_PATIENTS * N_TUMOR,
        "real nontumor": N_PATIENTS * N_NONTUMOR,
        "transformed tumor": N_TRAINING * N_TUMOR,
        "transformed nontumor": N_TRAINING * N_NONTUMOR,
    }
    assert embedding.about.missing == []
    assert embedding.about.engine is Engine.SCIKIT_LEARN
    assert np.isfinite(embedding.coordinates).all()
    assert 0.5 < embedding.about.trustworthiness <= 1
    columns = point_columns(cohort, embedding)
    transformed = embedding.kinds == KINDS.index(PointKind.TRANSFORMED)
    np.testing.assert_array_equal(embedding.transformed[transformed], embedding.positions[transformed])
    assert {columns.partition[point] for point in np.flatnonzero(transformed)} == {Partition.TRAINING}
    assert {columns.partition[point] for point in np.flatnonzero(~transformed)} == set(Partition)


def test_synthetic_sets_make_six_categories_and_what_is_missing_is_named(cohort: WorkspacePaths) -> None:
    add_synthetic(cohort)
    with_tumors = embedded(cohort, image_sets=(DRAWN,))
    assert with_tumors.about.missing == ["synthetic nontumor"]
    others = ImageSetName("others")
    add_synthetic(cohort, name=others, tumor_status=TumorStatus.NONTUMOR, n=8)
    found = categories(cohort, image_sets=(DRAWN, others), per_category=10)
    assert found == {f"{kind} {status}": 10 for kind in PointKind for status in STATUSES[:2]} | {
        "synthetic nontumor": 8
    }


def test_who_is_drawn_depends_on_the_seed_alone(cohort: WorkspacePaths) -> None:
    one, other = (embedded(cohort, per_category=6, seed=seed) for seed in (0, 1))
    assert not np.array_equal(one.positions, other.positions)
    delete_embedding(cohort, one.about.name)
    again = embedded(cohort, per_category=6)
    np.testing.assert_array_equal(again.positions, one.positions)
    np.testing.assert_array_equal(again.coordinates, one.coordinates)


def test_the_nearest_real_image_is_a_real_point_and_never_itself(cohort: WorkspacePaths) -> None:
    add_synthetic(cohort, np.load(cohort.image_set(TUMOR))[:4], n=4)
    embedding = embedded(cohort, image_sets=(DRAWN,))
    real = np.flatnonzero(embedding.kinds == KINDS.index(PointKind.REAL))
    assert set(embedding.nearest_real.tolist()) <= set(real.tolist())
    assert (embedding.nearest_real != np.arange(len(embedding))).all()
    copies = np.flatnonzero(embedding.kinds == KINDS.index(PointKind.SYNTHETIC))
    originals = embedding.nearest_real[copies]
    np.testing.assert_array_equal(embedding.positions[originals], embedding.positions[copies])
    assert {embedding.image_set(point) for point in originals} == {TUMOR}


def test_the_same_again_is_only_read(cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    first = embedded(cohort)
    monkeypatch.setattr("core.workflows.embedding.tsne", None)
    again = embedded(cohort)
    assert again.about == first.about
    for column in ("coordinates", "kinds", "tumor_statuses", "set_indices", "positions", "nearest_real"):
        np.testing.assert_array_equal(getattr(again, column), getattr(first, column))
    named = embedded(cohort, name=EmbeddingName("mine"))
    assert named.about.name == "mine"
    assert {about.name for about in embeddings(cohort)} == {"mine", first.about.name}
    with pytest.raises(TypeError):  # what is not the same is computed
        embedded(cohort, seed=1)


def test_a_number_is_the_same_however_it_was_written(cohort: WorkspacePaths) -> None:
    whole, decimal = (embedding_plan(cohort, request(perplexity=one)) for one in (5, 5.0))
    assert (whole.key, whole.name) == (decimal.key, decimal.name)


def test_a_name_is_not_taken_twice(cohort: WorkspacePaths) -> None:
    embedded(cohort, name=EmbeddingName("mine"))
    with pytest.raises(RefusedError, match="embedding 'mine' of other images or settings"):
        embedded(cohort, name=EmbeddingName("mine"), seed=1)
    with pytest.raises(BadInputError, match="cannot name an embedding"):
        request(name=EmbeddingName("../mine"))


def test_features_are_computed_once_for_each_image(cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch) -> None:
    embedded(cohort, per_category=8)
    counted: list[int] = []
    embed(cohort, request(per_category=8, perplexity=6), on_progress=lambda done, _: counted.append(done))
    monkeypatch.setattr("core.workflows.feature_choice.pixel_rows", None)
    embedded(cohort, per_category=8, perplexity=7)
    assert counted == sorted(counted)
    assert counted[-1] == 32 + 250
    with pytest.raises(TypeError):
        embedded(cohort, per_category=9, perplexity=7)


def test_nothing_stale_is_shown(cohort: WorkspacePaths) -> None:
    add_synthetic(cohort)
    embedding = embedded(cohort, image_sets=(DRAWN,))
    name = embedding.about.name
    delete_image_set(cohort, DRAWN)
    with pytest.raises(RefusedError, match="shows images of drawn, which is gone"):
        embedding_named(cohort, name)
    add_synthetic(cohort, n=19)
    with pytest.raises(RefusedError, match="shows images of drawn, which has other images by now"):
        embedding_named(cohort, name)
    delete_embedding(cohort, name)
    with pytest.raises(NotFoundError, match="no embedding"):
        embedding_named(cohort, name)


def test_a_damaged_file_is_named_and_can_be_deleted(cohort: WorkspacePaths) -> None:
    name = embedded(cohort).about.name
    file = cohort.embedding(name) / "embedding.npz"
    for content in (file.read_bytes()[:500], pickle.dumps(1), b""):
        file.write_bytes(content)
        assert embeddings(cohort) == []
        assert [str(name) in str(problem) for problem in unreadable_embeddings(cohort)] == [True]
        with pytest.raises(WorkspaceError, match="cannot be read"):
            embedding_named(cohort, name)
    delete_embedding(cohort, name)
    assert unreadable_embeddings(cohort) == []


def test_decisions_are_told_as_they_are_now_and_corrections_decide_the_category(cohort: WorkspacePaths) -> None:
    decide(cohort, TUMOR, Verdict.CORRECT, (0, 1), as_="nontumor")
    training = [
        index
        for index, record in enumerate(image_set_records(cohort, NONTUMOR))
        if record.partition is Partition.TRAINING
    ]
    decide(cohort, NONTUMOR, Verdict.DISCARD, (training[0],))
    embedding = embedded(cohort)
    columns = point_columns(cohort, embedding)
    told = Counter(columns.decision)
    n_transformed = sum(kind.startswith("transformed") for kind in columns.category)
    assert told == {
        CurationOutcome.CORRECTED: 2,
        CurationOutcome.DISCARDED: 1,
        CurationOutcome.UNDECIDED: N_PATIENTS * (N_TUMOR + N_NONTUMOR) - 3,
        None: n_transformed,
    }
    corrected = [point for point, decision in enumerate(columns.decision) if decision is CurationOutcome.CORRECTED]
    assert {columns.category[point] for point in corrected} == {"real nontumor"}
    sources = embedding.positions[embedding.kinds == KINDS.index(PointKind.TRANSFORMED)]
    assert training[0] not in sources[embedding.set_indices[embedding.transformed != NO_IMAGE] == 1]
    decide(cohort, NONTUMOR, Verdict.KEEP, (training[1],))
    assert CurationOutcome.KEPT in point_columns(cohort, embedding).decision


def test_a_release_shows_what_was_kept(cohort: WorkspacePaths) -> None:
    add_synthetic(cohort, n=6)
    decide(cohort, DRAWN, Verdict.DISCARD, (0, 5))
    decide(cohort, DRAWN, Verdict.KEEP, (1, 2, 3, 4))
    release(cohort, DRAWN, ReleaseName("chosen"))
    embedding = embedded(cohort, image_sets=(ImageSetName("chosen"),))
    synthetic = embedding.kinds == KINDS.index(PointKind.SYNTHETIC)
    assert embedding.positions[synthetic].tolist() == [1, 2, 3, 4]
    both = embedded(cohort, image_sets=(ImageSetName("chosen"), DRAWN))
    assert (both.kinds == KINDS.index(PointKind.SYNTHETIC)).sum() == 6


def test_what_cannot_be_shown_is_refused_before_anything_is_made(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotFoundError, match="no cohort 'absent'"):
        embedded(cohort, cohort=CohortName("absent"))
    with pytest.raises(NotFoundError, match="no image set 'absent'"):
        embedded(cohort, image_sets=(ImageSetName("absent"),))
    with pytest.raises(RefusedError, match="glioma-tumor is a set of real images"):
        embedded(cohort, image_sets=(TUMOR,))
    with pytest.raises(BadInputError, match="96 images are too few for a perplexity of 100") as refused:
        embedded(cohort, perplexity=100)
    assert "perplexity of 31 or less" in refused.value.next_step
    monkeypatch.setattr("core.workflows.embedding_plan.MOST_POINTS", 95)
    with pytest.raises(BadInputError, match="96 images are too many to compare all with all"):
        embedded(cohort, engine=Engine.COMPILED)
    for wrong in ({"dimensions": 4}, {"iterations": 249}, {"per_category": 0}, {"perplexity": float("nan")}):
        with pytest.raises(BadInputError):
            request(**wrong)
    assert not cohort.embeddings.exists()


def test_constant_images_are_refused_and_their_category_is_named(cohort: WorkspacePaths) -> None:
    add_synthetic(cohort, np.full((5, 256, 256), 90, np.uint8), n=5)
    with pytest.raises(BadInputError, match="All 5 synthetic tumor images are the same"):
        embedded(cohort, image_sets=(DRAWN,))
    assert embeddings(cohort) == []


def test_an_image_set_that_goes_meanwhile_leaves_no_embedding(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_synthetic(cohort)

    def without_the_set(paths: WorkspacePaths) -> object:
        delete_image_set(cohort, DRAWN)
        monkeypatch.undo()
        return opened(paths)  # type: ignore[arg-type]

    monkeypatch.setattr("core.workflows.embedding.opened", without_the_set)
    with pytest.raises(NotFoundError, match="no image set 'drawn'"):
        embedded(cohort, image_sets=(DRAWN,))
    assert embeddings(cohort) == []


@pytest.mark.parametrize("end", [KeyboardInterrupt(), RefusedError("There are no weights.", "Name a file.")])
def test_who_saw_it_end_at_the_command_line_finds_nothing_left(
    cohort: WorkspacePaths, monkeypatch: pytest.MonkeyPatch, end: BaseException
) -> None:
    def ended(*_: object, **__: object) -> None:
        raise end

    monkeypatch.setattr("core.workflows.embedding.tsne", ended)
    with pytest.raises(type(end)):
        embedded(cohort)
    assert list(cohort.embeddings.iterdir()) == []
    assert embeddings_at_work(cohort) == {}


def test_compiling_pays_for_the_next_one_only_where_scikit_learn_was_slow(cohort: WorkspacePaths) -> None:
    about = embedded(cohort).about
    assert not would_gain_from_compiling(cohort, about, Engine.AUTO)
    object.__setattr__(about, "n_points", 1800)
    assert would_gain_from_compiling(cohort, about, Engine.AUTO)
    assert not would_gain_from_compiling(cohort, about, Engine.SCIKIT_LEARN)


def test_the_progress_is_there_while_it_works_and_gone_after(cohort: WorkspacePaths) -> None:
    name, seen = EmbeddingName("mine"), []
    embed(cohort, request(name=name), on_progress=lambda *_: seen.append(embedding_progress(cohort, name)))
    assert all(progress is not None and progress.running for progress in seen)
    assert embedding_progress(cohort, name) is None
    assert [Path(file).name for file in cohort.embedding(name).iterdir()] == ["embedding.npz"]
