"""Starting: how soon the app answers, and that a reader's visit loads no torch."""

import statistics
import tempfile
from pathlib import Path

from tests.benchmarks.browser import await_viewer, chromium, probed_page
from tests.benchmarks.figures import Figure
from tests.benchmarks.servers import APP, running_server
from tests.phantoms import locked_study

N_STARTS = 3
HEAVY = ("libtorch", "sklearn")


def measure_start() -> list[Figure]:
    """Starts the app three times; in the last one a reader opens the reading page in a browser."""
    ready_after_s: list[float] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        study = locked_study(Path(folder))
        for number in range(N_STARTS):
            with running_server(APP, study.paths) as app:
                ready_after_s.append(app.ready_after_s)
                if number == N_STARTS - 1:
                    with probed_page(browser, app.url, cookie=study.cookie()) as page:
                        await_viewer(page)
                    n_heavy = sum(app.has_mapped(library) for library in HEAVY)
    return [
        Figure(
            name="from the start of the process to health, p50",
            value=statistics.median(ready_after_s),
            unit="s",
            n=N_STARTS,
        ),
        Figure(
            name=f"of {', '.join(HEAVY)}: mapped after opening the reading page",
            value=n_heavy,
            unit="",
            n=1,
            at_most=0,
        ),
    ]
