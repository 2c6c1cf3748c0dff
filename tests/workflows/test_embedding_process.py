"""An embedding that the app starts goes on without it, can be watched and canceled, and says why it broke off."""

import os
import signal
from pathlib import Path

import pytest

from core.errors import BadInputError, RefusedError
from core.identifiers import EmbeddingName
from core.settings import WorkspacePaths
from core.workflows.embedding_process import cancel_embedding, start_embedding
from core.workflows.stored_embedding import (
    EMBEDDING_FILE,
    delete_embedding,
    embedding_named,
    embedding_progress,
    embedding_work,
    embeddings,
    embeddings_at_work,
)
from tests.waiting import wait_until
from tests.workflows.embedding_requests import embedded, request

FOREVER = 1_000_000_000


def started(paths: WorkspacePaths) -> EmbeddingName:
    """One that will not end by itself."""
    return start_embedding(paths, request(iterations=FOREVER))


def process_of(paths: WorkspacePaths, name: EmbeddingName) -> int:
    working = embedding_work(paths, name).working
    wait_until(working.read_text)  # it is held a moment before anything stands in it
    return int(working.read_text().split()[2])


def test_a_started_embedding_is_found_when_it_has_ended(cohort: WorkspacePaths) -> None:
    name = start_embedding(cohort, request())
    wait_until(lambda: embedding_progress(cohort, name) is None)
    assert [about.name for about in embeddings(cohort)] == [name]
    before = embedding_named(cohort, name).about
    assert start_embedding(cohort, request()) == name
    assert embedding_named(cohort, name).about == before
    assert embeddings_at_work(cohort) == {}


def test_one_whose_file_is_damaged_is_made_anew(cohort: WorkspacePaths) -> None:
    name = start_embedding(cohort, request())
    wait_until(lambda: embedding_progress(cohort, name) is None)
    (cohort.embedding(name) / EMBEDDING_FILE).write_bytes(b"nothing")
    assert start_embedding(cohort, request()) == name
    wait_until(lambda: embedding_progress(cohort, name) is None)
    assert embedding_named(cohort, name).about.name == name


def test_one_that_is_being_made_is_not_begun_again_nor_deleted_and_goes_when_canceled(
    cohort: WorkspacePaths,
) -> None:
    name = started(cohort)
    progress = embeddings_at_work(cohort)[name]
    assert progress.running
    for refused in (lambda: started(cohort), lambda: delete_embedding(cohort, name)):
        with pytest.raises(RefusedError):
            refused()
    process = process_of(cohort, name)
    cancel_embedding(cohort, name)
    assert not Path(f"/proc/{process}/exe").exists()
    assert embeddings_at_work(cohort) == {}
    assert list(cohort.embeddings.iterdir()) == []


def test_one_that_was_killed_is_told_of_and_can_be_started_again_or_removed(cohort: WorkspacePaths) -> None:
    name = started(cohort)
    os.kill(process_of(cohort, name), signal.SIGKILL)
    wait_until(lambda: not embeddings_at_work(cohort)[name].running)
    assert embeddings_at_work(cohort)[name].problem == "It was interrupted. Start it again."
    assert embeddings(cohort) == []
    assert started(cohort) == name
    cancel_embedding(cohort, name)
    assert started(cohort) == name
    os.kill(process_of(cohort, name), signal.SIGTERM)
    wait_until(lambda: not embeddings_at_work(cohort)[name].running)
    delete_embedding(cohort, name)
    assert embeddings_at_work(cohort) == {}


def test_what_the_command_would_refuse_is_refused_at_once(cohort: WorkspacePaths) -> None:
    with pytest.raises(BadInputError, match="too few for a perplexity"):
        start_embedding(cohort, request(perplexity=100))
    assert not cohort.embeddings.exists()


def test_canceling_what_is_there_leaves_it(cohort: WorkspacePaths) -> None:
    name = embedded(cohort).about.name
    cancel_embedding(cohort, name)
    assert embedding_named(cohort, name).about.name == name
