"""A triage that the app starts goes on without it, can be watched, and says why it broke off."""

import fcntl
import time

import pytest

from core.errors import NotFoundError, RefusedError
from core.identifiers import CohortName, ImageSetName
from core.settings import WorkspacePaths
from core.workflows.triage import stored_triage, triage
from core.workflows.triage_process import start_triage, triage_progress, working_file
from core.workflows.watched_work import WorkProgress

REAL = ImageSetName("glioma-tumor")


def test_a_started_triage_is_found_when_it_has_ended(cohort: WorkspacePaths) -> None:
    assert triage_progress(cohort, REAL) is None
    start_triage(cohort, REAL)
    deadline = time.monotonic() + 200
    while stored_triage(cohort, REAL) is None or triage_progress(cohort, REAL) is not None:
        assert time.monotonic() < deadline, triage_progress(cohort, REAL)
        time.sleep(0.05)


def test_two_do_not_work_at_the_same(cohort: WorkspacePaths) -> None:
    working = working_file(cohort, REAL)
    working.parent.mkdir()
    with working.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        held.write("40 200")
        held.flush()
        assert triage_progress(cohort, REAL) == WorkProgress(n_done=40, n_steps=200, running=True, problem=None)
        for begin in (
            lambda: start_triage(cohort, REAL),
            lambda: triage(cohort, REAL, on_progress=lambda *_: None),
        ):
            with pytest.raises(RefusedError, match="triage of glioma-tumor is under way already"):
                begin()


def test_one_that_was_killed_is_told_of_and_can_be_started_again(cohort: WorkspacePaths) -> None:
    working = working_file(cohort, REAL)
    working.parent.mkdir()
    working.write_text("40 200")
    progress = triage_progress(cohort, REAL)
    assert progress is not None
    assert (progress.running, progress.problem) == (False, "It was interrupted. Start it again.")
    triage(cohort, REAL, on_progress=lambda *_: None)
    assert triage_progress(cohort, REAL) is None


def test_the_progress_is_there_while_it_works(cohort: WorkspacePaths) -> None:
    seen = []
    triage(cohort, REAL, on_progress=lambda *_: seen.append(triage_progress(cohort, REAL)))
    assert [progress.n_done for progress in seen] == sorted(progress.n_done for progress in seen)
    assert all(progress.running for progress in seen)
    assert seen[-1].n_done == seen[-1].n_steps


def test_what_the_command_would_refuse_is_refused_at_once(cohort: WorkspacePaths) -> None:
    with pytest.raises(NotFoundError, match="no image set 'absent'"):
        start_triage(cohort, ImageSetName("absent"))
    with pytest.raises(NotFoundError, match="no cohort 'absent'"):
        start_triage(cohort, REAL, cohort=CohortName("absent"))
    assert not working_file(cohort, REAL).exists()
