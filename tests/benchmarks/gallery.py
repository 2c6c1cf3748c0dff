"""The gallery over 100,000 images: how soon it opens, how smoothly it goes, how soon decisions are saved."""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, CDPSession, Page

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import ImageId, ImageSetName
from core.imageset.record import ImageKind, ImageRecord, ImageSet, TumorStatus
from core.provenance import utc_now
from core.settings import WorkspacePaths
from core.storage import image_sets
from core.storage.database import opened, writing
from core.workflows.access import accept_invitation, researcher_link
from tests.benchmarks.browser import VIEWPORT, chromium
from tests.benchmarks.figures import Figure, median_and_p95
from tests.benchmarks.servers import APP, Server, running_server
from tests.phantoms import phantom_images

N_IMAGES = 100_000
N_DISTINCT = 500
N_OPENINGS = 5
N_FRAMES = 300
PIXELS_PER_FRAME = 120
N_DECIDED = 10_000
N_DECISIONS = 15
FRAME_MS = 1000 / 60
PROBES = [Path(__file__).with_name(name) for name in ("frame_probe.js", "gallery_probe.js")]
READY = '.gallery[data-state="ready"][data-missing="0"]'


def measure_gallery() -> list[Figure]:
    """Needs 6.6 GB of disk for the time being."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        paths = workspace_with_a_large_set(Path(folder))
        cookie = accept_invitation(paths, researcher_link(paths, "").rsplit("/", 1)[1])[1]
        with running_server(APP, paths) as server, _signed_in_page(browser, server, cookie) as page:
            before_mb = server.resident_mb()
            before_ms = server.cpu_ms()
            opening = _opening_s(page, server)
            cpu_ms = (server.cpu_ms() - before_ms) / len(opening)
            figures = [
                Figure(name="first opening to a whole screen", value=opening[0], unit="s", n=1, at_most=3),
                Figure(name="later, p50", value=statistics.median(opening[1:]), unit="s", n=N_OPENINGS, at_most=2),
                Figure(
                    name="the server's processor time for an opening", value=cpu_ms, unit="ms", n=1 + N_OPENINGS
                ),
            ]
            figures += _frames(page, "nothing changing, for comparison", f"idle({N_FRAMES})", has_target=False)
            figures += _frames(page, "scrolling", f"scroll({N_FRAMES}, {PIXELS_PER_FRAME})")
            figures += _frames(page, "toggling one", f"toggle({N_FRAMES})")
            figures += _frames(page, "selecting all 100,000 and one in turn", f"toggleAll({N_FRAMES})")
            figures += _decisions(page)
            grown_mb = server.peak_mb() - before_mb
    return [
        *figures,
        Figure(name="the server's memory grew at most by", value=grown_mb, unit="MB", n=1, at_most=150),
    ]


def workspace_with_a_large_set(folder: Path) -> WorkspacePaths:
    """100,000 images, of which each comes 200 times."""
    paths = WorkspacePaths(folder / "workspace")
    name = ImageSetName("large")
    paths.images.mkdir(parents=True)
    distinct = np.stack(list(phantom_images(N_DISTINCT, seed=0)))
    shape = (N_IMAGES, *distinct.shape[1:])
    pixels = np.lib.format.open_memmap(paths.image_set(name), "w+", np.uint8, shape)
    for start in range(0, N_IMAGES, N_DISTINCT):
        pixels[start : start + N_DISTINCT] = distinct
    del pixels
    records = [
        ImageRecord(image_id=ImageId(f"seed-{seed}"), tumor_status=TumorStatus.TUMOR, seed=seed)
        for seed in range(N_IMAGES)
    ]
    image_set = ImageSet(
        name=name,
        kind=ImageKind.SYNTHETIC,
        tumor_status=TumorStatus.TUMOR,
        n_images=N_IMAGES,
        sha256="not looked at",
        created_at=utc_now(),
    )
    with opened(paths.database, create=True) as db, writing(db):
        image_sets.add_image_set(db, image_set, records)
    return paths


@contextmanager
def _signed_in_page(browser: Browser, server: Server, cookie: str) -> Iterator[Page]:
    """A researcher at the home page: what every page needs is loaded, nothing of the gallery is."""
    context = browser.new_context(viewport=VIEWPORT)
    context.add_cookies([{"name": COOKIES[Role.RESEARCHER], "value": cookie, "url": server.url}])
    context.add_init_script("\n".join(probe.read_text() for probe in PROBES))
    page = context.new_page()
    page.goto(server.url)
    page.get_by_role("heading", name="What comes next").wait_for(timeout=60_000)
    yield page
    context.close()


def _opening_s(page: Page, server: Server) -> list[float]:
    """From the request of the page to thumbnails in every cell on the screen."""
    seconds = []
    for _ in range(1 + N_OPENINGS):
        page.goto("about:blank")
        started_at = time.perf_counter()
        page.goto(f"{server.url}/curation")
        page.wait_for_selector(READY, timeout=60_000)
        seconds.append(time.perf_counter() - started_at)
    return seconds


def _frames(page: Page, name: str, call: str, *, has_target: bool = True) -> list[Figure]:
    """From the beginning of each frame to its painting by the clock, and the processor time that this took.

    By the clock it is what a person sees, on this machine with all else that it does; the processor time is ours.
    """
    page.keyboard.press("Home")
    page.wait_for_selector(READY)
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before_s = _main_thread_s(session)
    measured = page.evaluate(f"window.galleryProbe.{call}")
    cpu_ms = 1000 * (_main_thread_s(session) - before_s) / len(measured["gaps"])
    session.detach()
    late = sum(gap > 1.5 * FRAME_MS for gap in measured["gaps"]) / len(measured["gaps"])
    at_most = FRAME_MS if has_target else None
    return [
        Figure(name=f"{name}: processor time", value=cpu_ms, unit="ms", n=len(measured["gaps"]), at_most=at_most),
        *median_and_p95(f"{name}: until painted", measured["work"], p95_at_most=at_most),
        Figure(name=f"{name}: frames that came late", value=100 * late, unit="%", n=len(measured["gaps"])),
    ]


def _main_thread_s(session: CDPSession) -> float:
    """Processor time of the page's main thread so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return next(float(metric["value"]) for metric in metrics if metric["name"] == "TaskDuration")


def _decisions(page: Page) -> list[Figure]:
    """From the key to the acknowledgment, which the server gives when the decision is on the disk."""
    page.keyboard.press("Home")
    gallery = page.locator(".gallery")
    while int(gallery.get_attribute("data-selected") or 0) < N_DECIDED:
        page.keyboard.press("Shift+PageDown")
    times_ms = []
    for _ in range(N_DECISIONS):
        times_ms.append(page.evaluate("window.galleryProbe.untilSaved('k')"))
        page.evaluate("window.galleryProbe.untilSaved('u')")
    return median_and_p95(f"marking {N_DECIDED:,} selected images until saved", times_ms, p95_at_most=200)
