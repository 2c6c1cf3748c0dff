"""The picture of an embedding: how soon it is there, and how smoothly 10,000 points go."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page

from core.access.cookies import COOKIES
from core.access.person import Role
from core.settings import WorkspacePaths
from core.workflows.access import accept_invitation, researcher_link
from core.workflows.stored_embedding import store_embedding
from tests.benchmarks.browser import VIEWPORT, chromium
from tests.benchmarks.figures import Figure, median_and_p95
from tests.benchmarks.servers import APP, Server, running_server
from tests.made_up_embeddings import planted_embedding
from tests.phantoms import workspace_with_four_sets

PAPER = 300  # images of each of six categories
MANY = 1667
N_OPENINGS = 5
N_FRAMES = 120
FLUENT_MS = 50  # of the main thread for a frame: 20 a second where the browser draws by itself, without a GPU
PROBES = [Path(__file__).with_name(name) for name in ("frame_probe.js", "scatter_probe.js")]


def measure_scatter() -> list[Figure]:
    with chromium() as browser:
        return [*_at_paper_size(browser), *_with_many_points(browser)]


def _at_paper_size(browser: Browser) -> list[Figure]:
    with _researcher_at_home(browser, PAPER) as (page, server):
        main_thread = _main_thread(page)
        opening, cpu_ms = [], []
        for _ in range(1 + N_OPENINGS):
            page.get_by_role("link", name="Home").click()
            page.get_by_role("heading", name="What comes next").wait_for()
            started_at, before_ms = time.perf_counter(), server.cpu_ms() + main_thread()
            page.get_by_role("link", name="Embedding").click()
            _drawn(page)
            opening.append(time.perf_counter() - started_at)
            cpu_ms.append(server.cpu_ms() + main_thread() - before_ms)
    name = f"{6 * PAPER:,} points, from the menu to the picture"
    return [
        Figure(name=f"{name}, the first time", value=opening[0], unit="s", n=1),
        Figure(name=f"{name}, later, p50", value=statistics.median(opening[1:]), unit="s", n=N_OPENINGS, at_most=1),
        Figure(
            name="processor time of page and server for it, p50",
            value=statistics.median(cpu_ms[1:]),
            unit="ms",
            n=N_OPENINGS,
        ),
    ]


def _with_many_points(browser: Browser) -> list[Figure]:
    with _researcher_at_home(browser, MANY) as (page, _):
        page.get_by_role("link", name="Embedding").click()
        _drawn(page)
        main_thread = _main_thread(page)
        kind = page.locator(".plot").evaluate("plot => plot.data[0].type")
        figures = []
        for name, call in (("nothing changing", "idle"), ("moving", "move"), ("pointing", "point")):
            before_ms = main_thread()
            measured = page.evaluate(f"window.scatterProbe.{call}({N_FRAMES})")
            cpu_ms = (main_thread() - before_ms) / N_FRAMES
            named = f"{6 * MANY:,} points ({kind}), {name}"
            at_most = None if call == "idle" else FLUENT_MS
            figures.append(
                Figure(name=f"{named}: processor time", value=cpu_ms, unit="ms", n=N_FRAMES, at_most=at_most)
            )
            figures += median_and_p95(f"{named}: frame", measured["gaps"])
    return figures


def _main_thread(page: Page) -> Callable[[], float]:
    """What tells the processor time of the page's main thread so far, in ms."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})

    def so_far() -> float:
        metrics = session.send("Performance.getMetrics")["metrics"]
        return 1000 * next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")

    return so_far


def _drawn(page: Page) -> None:
    page.wait_for_selector('.scatter[data-state="ready"]', timeout=60_000)


@contextmanager
def _researcher_at_home(browser: Browser, per_category: int) -> Iterator[tuple[Page, Server]]:
    with tempfile.TemporaryDirectory() as folder:
        paths = _workspace(Path(folder), per_category)
        cookie = accept_invitation(paths, researcher_link(paths, "").rsplit("/", 1)[1])[1]
        with running_server(APP, paths) as server:
            yield from _pages(browser, server, cookie)


def _pages(browser: Browser, server: Server, cookie: str) -> Iterator[tuple[Page, Server]]:
    context = browser.new_context(viewport=VIEWPORT)
    context.add_cookies([{"name": COOKIES[Role.RESEARCHER], "value": cookie, "url": server.url}])
    context.add_init_script("\n".join(probe.read_text() for probe in PROBES))
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("heading", name="What comes next").wait_for(timeout=60_000)
    yield page, server
    context.close()


def _workspace(folder: Path, per_category: int) -> WorkspacePaths:
    """Six clouds of points that overlap."""
    paths = workspace_with_four_sets(folder / "workspace", n=per_category)
    planted = planted_embedding(paths, per_category=per_category)
    rng = np.random.default_rng(0)
    centers = np.repeat(rng.normal(0, 20, (6, 2)), per_category, 0)
    coordinates = (centers + rng.normal(0, 12, centers.shape)).astype(np.float32)
    store_embedding(paths, replace(planted, coordinates=coordinates))
    return paths
