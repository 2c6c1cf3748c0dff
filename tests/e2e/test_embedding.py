"""An embedding in a real browser: made on the page, opened, lassoed; what was discarded is on the disk."""

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from core.embedding.embedding import Embedding
from core.identifiers import CohortName, EmbeddingName, ImageSetName
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import researcher_link
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.image_sets import image_set_records
from core.workflows.stored_embedding import embedding_named
from tests.e2e import curator_steps
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.reader_steps import choose, open_link
from tests.e2e.researcher_steps import at_rest, done, go_to
from tests.e2e.workspaces import import_synthetic_pngs, unseen
from tests.made_up_embeddings import planted_embedding
from tests.phantom_patients import write_patients
from tests.phantoms import workspace_with_four_sets

pytestmark = pytest.mark.browser

NAME = EmbeddingName("small")
SYNTHETIC = ImageSetName("gan-tumor")
PER_CATEGORY = 8
SCATTER = ".scatter"
MADE_WITHIN_MS = 180_000  # a process of its own, on a busy machine
PIXEL_OF_POINT = """(plot, point) => {
    const trace = plot.data[0];
    const place = trace.customdata.indexOf(point);
    const { xaxis, yaxis } = plot._fullLayout;
    const box = plot.getBoundingClientRect();
    return [
        box.left + xaxis._offset + xaxis.d2p(trace.x[place]),
        box.top + yaxis._offset + yaxis.d2p(trace.y[place]),
    ];
}"""


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    """A cohort called phantoms, and two folders of PNGs that were imported."""
    paths = WorkspacePaths(tmp_path / "workspace")
    with opened(paths.database, create=True):
        pass
    request = CohortRequest(name=CohortName("phantoms"), folder=write_patients(tmp_path / "patients", 4))
    import_cohort(paths, request, on_progress=unseen)
    import_synthetic_pngs(paths, tmp_path / "gan")
    return paths


def drawn(page: Page, n_points: int) -> None:
    page.wait_for_selector(f'{SCATTER}[data-state="ready"][data-points="{n_points}"]', timeout=MADE_WITHIN_MS)


def make(page: Page) -> None:
    """With settings that so few images allow."""
    go_to(page, "Embedding")
    page.get_by_label("Synthetic image sets").click()
    for name in ("gan-tumor", "gan-nontumor"):
        page.get_by_role("option", name=name).click()
    page.keyboard.press("Escape")
    page.get_by_text("More settings").click()
    for label, value in (("Images per category", PER_CATEGORY), ("Perplexity", 5), ("Iterations", 250)):
        page.get_by_role("spinbutton", name=label).fill(str(value))
        page.keyboard.press("Tab")
        at_rest(page)
    choose(page, "Engine", "scikit-learn, the reference")
    page.get_by_label("Name", exact=True).fill(NAME)
    page.keyboard.press("Tab")
    at_rest(page)
    page.get_by_role("button", name="Make the picture").click()
    drawn(page, 6 * PER_CATEGORY)


def pixel_of(page: Page, point: int) -> tuple[float, float]:
    x, y = page.locator(".plot").evaluate(PIXEL_OF_POINT, point)
    return x, y


def lasso(page: Page, points: list[int]) -> None:
    """Draw around the box in which these points are."""
    page.get_by_role("button", name="Lasso").click()
    places = np.array([pixel_of(page, point) for point in points])
    (left, top), (right, bottom) = places.min(0) - 12, places.max(0) + 12
    page.mouse.move(left, top)
    page.mouse.down()
    for corner in ((right, top), (right, bottom), (left, bottom), (left, top + 4)):
        page.mouse.move(*corner, steps=6)
    page.mouse.up()
    page.wait_for_selector(f'{SCATTER}[data-chosen="{len(points)}"]')


def points_of(embedding: Embedding, name: ImageSetName) -> list[int]:
    return [point for point in range(len(embedding)) if embedding.image_set(point) == name]


def discarded(paths: WorkspacePaths) -> dict[str, list[int]]:
    """From the file: what was discarded, by reason."""
    with opened(paths.database) as db:
        rows = db.execute("SELECT reason, images FROM curation_acts WHERE verdict = 'discard'").fetchall()
    return {reason: np.frombuffer(images, "<u4").tolist() for reason, images in rows}


@pytest.mark.timeout(900)
def test_a_cluster_is_seen_lassoed_and_discarded(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    make(page)
    embedding = embedding_named(paths, NAME)
    cluster = points_of(embedding, SYNTHETIC)
    assert len(cluster) == PER_CATEGORY

    # Only the synthetic tumors stay in the picture: a click on one of them opens it, beside its nearest real image.
    for group in ("Real tumor", "Real nontumor", "Transformed tumor", "Transformed nontumor", "Synthetic nontumor"):
        page.get_by_role("button", name=group).click()
    page.mouse.move(*pixel_of(page, cluster[3]))
    expect(page.locator(f'.card[data-painted="{cluster[3]}"]')).to_be_visible()
    page.mouse.click(*pixel_of(page, cluster[3]))
    page.wait_for_selector(f'.preview[data-painted="{cluster[3]}"]')
    record = image_set_records(paths, SYNTHETIC)[int(embedding.positions[cluster[3]])]
    expect(page.locator('[data-text="record"]').first).to_contain_text(record.image_id)
    expect(page.get_by_text("Nearest real image: Real ")).to_be_visible()

    # Lassoed, looked at below, discarded: on the disk, and at once in the picture.
    lasso(page, cluster)
    curator_steps.opened(page)
    curator_steps.press(page, "Control+a", "3")
    curator_steps.counts(page, discarded=PER_CATEGORY)
    curator_steps.saved(page)
    assert discarded(paths) == {"gray_contour": sorted(embedding.positions[cluster].tolist())}
    page.get_by_label("Color by").select_option("Curation decision")
    expect(page.locator(".legend").get_by_role("button", name=f"Discarded {PER_CATEGORY}")).to_be_visible()

    # The same images as a set of their own.
    page.get_by_role("button", name="Make an image set of these").click()
    page.get_by_label("Name of the new image set").fill("apart")
    page.get_by_role("button", name="Make it").click()
    done(page, f"apart: {PER_CATEGORY} images of gan-tumor.")
    originals = image_set_records(paths, SYNTHETIC)
    chosen = sorted(embedding.positions[cluster].tolist())
    assert image_set_records(paths, ImageSetName("apart")) == [originals[position] for position in chosen]


def test_panels_space_and_the_keys_of_the_open_image(
    tmp_path: Path, serve_app: ServeApp, new_context: NewContext
) -> None:
    paths = workspace_with_four_sets(tmp_path / "workspace")
    planted = planted_embedding(paths)
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    go_to(page, "Embedding")
    drawn(page, len(planted))
    page.mouse.click(*pixel_of(page, 30))
    page.wait_for_selector('.preview[data-painted="30"]')
    expect(page.get_by_text("real-tumor-6-v0 · tumor")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.locator(".inspector[popover]")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".inspector[popover]")).to_have_count(0)
    page.get_by_role("button", name="Side by side").click()
    for title in ("(a) Real", "(b) Transformed", "(c) Synthetic"):
        expect(page.locator(".plot").get_by_text(title)).to_be_visible()
    page.keyboard.press("Escape")

    planted_embedding(paths, dimensions=3)
    page.reload()
    drawn(page, len(planted))
    expect(page.get_by_role("button", name="Lasso")).to_be_disabled()
    assert page.locator(".plot").evaluate("plot => plot.data[0].type") == "scatter3d"
