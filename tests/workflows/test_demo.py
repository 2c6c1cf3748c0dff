"""The demo is built once, whatever interrupts it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.reading.case import Arm
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows import demo
from core.workflows.access import accept_invitation
from core.workflows.cohorts import CohortRequest, all_cohorts, import_cohort
from core.workflows.demo import DEMO_COHORT, DEMO_STUDY, build_demo
from core.workflows.generators import all_generators
from core.workflows.image_sets import all_image_sets
from core.workflows.maintenance import doctor
from core.workflows.studies import all_studies, close_study, study_status
from tests.phantoms import BASE_URL


class InterruptionError(Exception):
    """A person pressed Ctrl-C."""


@pytest.fixture
def simulated(patients: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """The simulation replaced by phantom patients; how many were asked for, each time it ran."""
    asked: list[int] = []

    def simulate(paths, name, *, n_patients, seed, on_progress):
        asked.append(n_patients)
        return import_cohort(paths, CohortRequest(name=name, folder=patients, seed=seed), on_progress=on_progress)

    monkeypatch.setattr(demo, "simulate_cohort", simulate)
    monkeypatch.setattr(demo, "N_SYNTHETIC", 12)
    return asked


def build(paths: WorkspacePaths) -> demo.Demo:
    return build_demo(paths, base_url=BASE_URL, on_progress=lambda *_: None)


def test_the_demo_is_a_locked_study_of_four_arms_with_both_links(tmp_path: Path, simulated: list[int]) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    built = build(paths)
    assert simulated == [demo.N_PATIENTS]
    status = study_status(paths, DEMO_STUDY)
    assert status.study.state is StudyState.LOCKED
    assert status.study.protocol.arms == dict.fromkeys(Arm, 10)
    assert built.reader_url is not None
    roles = [accept_invitation(paths, url.rsplit("/", 1)[1])[0] for url in (built.reader_url, built.researcher_url)]
    assert roles == ["reader", "researcher"]
    assert doctor(paths) == []


def test_a_second_call_changes_nothing_and_gives_the_links_again(tmp_path: Path, simulated: list[int]) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    first, hashes = build(paths), [study.study.protocol_hash for study in all_studies(paths)]
    second = build(paths)
    assert second.reader_url == first.reader_url
    assert [study.study.protocol_hash for study in all_studies(paths)] == hashes
    assert (len(simulated), len(all_generators(paths)), len(all_image_sets(paths))) == (1, 2, 4)
    accept_invitation(paths, str(first.reader_url).rsplit("/", 1)[1])
    assert build(paths).reader_url is None


@pytest.mark.parametrize(
    "step",
    ["simulate_cohort", "train_eigenimages", "sample_generator", "create_study", "lock_study", "invite_reader"],
)
def test_an_interrupted_demo_is_finished_by_the_next_call(
    tmp_path: Path, simulated: list[int], monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")

    def interrupt(*_: object, **__: object) -> None:
        raise InterruptionError

    with monkeypatch.context() as interrupted:
        interrupted.setattr(demo, step, interrupt)
        with pytest.raises(InterruptionError):
            build(paths)
    built = build(paths)
    assert built.reader_url is not None
    assert len(simulated) == 1
    assert [cohort.name for cohort in all_cohorts(paths)] == [DEMO_COHORT]
    assert {entry.name for entry in all_image_sets(paths)} == {
        "simulated-tumor",
        "simulated-nontumor",
        "eigenimages-tumor",
        "eigenimages-nontumor",
    }
    assert study_status(paths, DEMO_STUDY).study.state is StudyState.LOCKED


def test_a_closed_demo_study_stays_as_it_is(tmp_path: Path, simulated: list[int]) -> None:
    paths = WorkspacePaths(tmp_path / "workspace")
    build(paths)
    close_study(paths, DEMO_STUDY)
    build(paths)
    assert len(simulated) == 1
    assert study_status(paths, DEMO_STUDY).study.state is StudyState.CLOSED
