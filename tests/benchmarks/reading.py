"""Reading: how soon the next image stands on the screen, alone and among others, against plain Streamlit."""

import random
import statistics
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser

from core.settings import WorkspacePaths
from core.workflows.studies import create_study, lock_study, study_status
from tests.benchmarks.browser import (
    WARM_UP,
    acknowledgment_times_ms,
    await_plain_page,
    await_viewer,
    chromium,
    probed_page,
    read_plainly,
    read_trial,
    times_to_next_image,
)
from tests.benchmarks.crowd import Crowd, Orders, Tally
from tests.benchmarks.figures import Figure, median_and_p95
from tests.benchmarks.servers import APP, Server, running_server
from tests.phantoms import LockedStudy, plan, workspace_with_four_sets

N_READERS = 30
N_ROUNDS = 3
PLAIN_PAGE = Path(__file__).with_name("plain_page.py")
PER_ROUND = {"reader": 40, "plain page": 20}
PER_ARM = 2 + N_ROUNDS * 2 * (PER_ROUND["reader"] + WARM_UP) // 4


@dataclass(slots=True)
class Measured:
    """Times in ms, gathered over the rounds."""

    alone: list[float] = field(default_factory=list)
    among_others: list[float] = field(default_factory=list)
    plain: list[float] = field(default_factory=list)
    acknowledged_alone: list[float] = field(default_factory=list)
    acknowledged_among_others: list[float] = field(default_factory=list)
    others: Tally = field(default_factory=Tally)
    cpu_per_response: list[float] = field(default_factory=list)
    n_lost: int = 0
    n_lost_plain: int = 0


def measure_reading() -> list[Figure]:
    """Rounds of: the plain page, one reader alone, one reader among 30 others; the medians are over all rounds."""
    with tempfile.TemporaryDirectory() as folder:
        paths = workspace_with_four_sets(Path(folder), n=PER_ARM)
        study = create_study(paths, plan(per_arm=PER_ARM))
        lock_study(paths, study.name)
        locked = LockedStudy(paths=paths, name=study.name)
        others = [locked.cookie(f"other{number}") for number in range(N_READERS)]
        with running_server(APP, paths) as app, running_server(PLAIN_PAGE, paths) as plain, chromium() as browser:
            bench = _Bench(browser, app, plain, locked, others)
            for number in range(N_ROUNDS):
                bench.run_round(random.Random(number))
    return _figures(bench.measured)


class _Bench:
    def __init__(self, browser: Browser, app: Server, plain: Server, study: LockedStudy, others: list[str]) -> None:
        self.browser, self.app, self.plain = browser, app, plain
        self.study, self.others = study, others
        self.cookie = study.cookie("measured")
        self.measured = Measured()

    def run_round(self, rng: random.Random) -> None:
        self._plain_page(rng)
        alone, acknowledged = self._reader(rng)
        self.measured.alone += alone
        self.measured.acknowledged_alone += acknowledged
        with Crowd(Orders(port=urlsplit(self.app.url).port or 0, cookies=self.others)) as crowd:
            before = self.app.cpu_ms(), _n_responses(self.study.paths, self.study)
            among_others, acknowledged = self._reader(rng)
            after = self.app.cpu_ms(), _n_responses(self.study.paths, self.study)
        self.measured.among_others += among_others
        self.measured.acknowledged_among_others += acknowledged
        self.measured.cpu_per_response.append((after[0] - before[0]) / (after[1] - before[1]))
        for name in Tally.__slots__:
            getattr(self.measured.others, name).extend(getattr(crowd.tally, name))

    def _plain_page(self, rng: random.Random) -> None:
        with probed_page(self.browser, self.plain.url) as page:
            await_plain_page(page)
            times, n_lost = times_to_next_image(page, read_plainly, n=PER_ROUND["plain page"], rng=rng)
        self.measured.plain += times
        self.measured.n_lost_plain += n_lost

    def _reader(self, rng: random.Random) -> tuple[list[float], list[float]]:
        with probed_page(self.browser, f"{self.app.url}/", cookie=self.cookie) as page:
            await_viewer(page)
            times, n_lost = times_to_next_image(page, read_trial, n=PER_ROUND["reader"], rng=rng)
            self.measured.n_lost += n_lost
            return times, acknowledgment_times_ms(page)


def _n_responses(paths: WorkspacePaths, study: LockedStudy) -> int:
    return sum(reader.responses for reader in study_status(paths, study.name).readers)


def _figures(measured: Measured) -> list[Figure]:
    others = measured.others
    for failure in others.failures[:5]:
        print(f"  a simulated reader failed: {failure}")
    plain_ms, alone_ms = statistics.median(measured.plain), statistics.median(measured.alone)
    crowd = f"{N_READERS} simulated readers"
    n_alone, n_cpu = len(measured.alone), len(measured.cpu_per_response)
    cpu_ms = statistics.median(measured.cpu_per_response)
    return [
        *median_and_p95("key press to next image painted, 1 reader", measured.alone, p95_at_most=35),
        *median_and_p95(f"the same beside {crowd}", measured.among_others, p95_at_most=35),
        *median_and_p95("the same on the plain page, 1 reader", measured.plain),
        Figure(name="plain page / viewer, medians", value=plain_ms / alone_ms, unit="times", n=n_alone, at_least=4),
        *median_and_p95("response to acknowledgment, 1 reader, browser", measured.acknowledged_alone),
        *median_and_p95(f"beside {crowd}, browser", measured.acknowledged_among_others, p95_at_most=60),
        *median_and_p95(f"by the {crowd} themselves", others.acknowledged_ms, p95_at_most=60),
        *median_and_p95("ticket to stimulus, by the simulated readers", others.stimulus_ms),
        Figure(name=f"server's processor time per response, {crowd}", value=cpu_ms, unit="ms", n=n_cpu),
        Figure(name="key presses that brought no image: viewer", value=measured.n_lost, unit="", n=n_alone),
        Figure(name="the same: plain page", value=measured.n_lost_plain, unit="", n=len(measured.plain)),
    ]
