"""A reader without a browser: fetches and answers trial after trial through the workflows that the routes use."""

from collections.abc import Callable, Mapping

from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.reading import opened_reading, reading_session, stimulus_png, submit_responses
from tests.phantoms import response

Answer = Callable[[str], Mapping[str, object]]


def read(paths: WorkspacePaths, cookie: str, answer: Answer | None = None, *, most: int = 10_000) -> list[str]:
    """Answer up to `most` trials, `answer(trial)` changing what is sent; returns the trials in their order."""
    trials: list[str] = []
    with opened_reading(paths, cookie) as reading:
        while len(trials) < most:
            ahead = reading_session(reading)["ahead"][: most - len(trials)]
            if not ahead:
                break
            for entry in ahead:
                assert stimulus_png(reading, entry["ticket"], paths) is not None
            sent = [response(entry["trial"], **(answer(entry["trial"]) if answer else {})) for entry in ahead]
            reply = submit_responses(reading, sent)
            assert (len(reply["saved"]), reply["refused"]) == (len(sent), [])
            trials += [entry["trial"] for entry in ahead]
    return trials


def arms_of_trials(paths: WorkspacePaths) -> dict[str, str]:
    """What no browser may know: the arm of every trial, as "real tumor"."""
    sql = "SELECT trial_id, truth || ' ' || tumor_status FROM trials JOIN cases USING (case_id)"
    with opened(paths.database) as db:
        return dict(db.execute(sql).fetchall())
