"""Curating in a real browser: 300 images by keyboard, with undo, a killed server and a reload in the middle."""

from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.curation.decision import Verdict
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageKind, TumorStatus
from core.imaging.png import encode_png
from core.settings import WorkspacePaths
from core.storage.database import opened as opened_database
from core.workflows.access import curator_known_as, invite_curator, researcher_link
from core.workflows.image_sets import ImagesRequest, delete_image_set, import_images
from core.workflows.releases import release, release_selection
from tests.curating import decide
from tests.e2e.conftest import NewContext, ServeApp
from tests.e2e.curator_steps import at, counts, gallery, opened, press, saved
from tests.e2e.reader_steps import open_link
from tests.phantoms import phantom_images

pytestmark = pytest.mark.browser

N_IMAGES = 300
SET = ImageSetName("gan-tumor")


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    """A workspace into which a folder of 300 PNGs was imported."""
    paths = WorkspacePaths(tmp_path / "workspace")
    with opened_database(paths.database, create=True):
        pass
    folder = tmp_path / "gan"
    folder.mkdir()
    for index, image in enumerate(phantom_images(N_IMAGES, seed=5)):
        (folder / f"sample-{index:03d}.png").write_bytes(encode_png(image))
    request = ImagesRequest(name=SET, folder=folder, kind=ImageKind.SYNTHETIC, tumor_status=TumorStatus.TUMOR)
    import_images(paths, request, on_progress=lambda _done, _total: None)
    return paths


def begin(page: Page, link: str) -> None:
    open_link(page, link)
    opened(page)


def kept_in_release(paths: WorkspacePaths) -> dict[int, str]:
    """Image to tumor status, as the release has them."""
    release(paths, SET, ReleaseName("kept"))
    selection = release_selection(paths, ReleaseName("kept"))
    statuses = {index: selection.status_of(index) for index in selection.image_indices.tolist()}
    return {index: str(status) for index, status in statuses.items()}


def saved_discards(paths: WorkspacePaths) -> dict[str, int]:
    """From the file, past everything that the app keeps in memory: acts that discard, by reason."""
    with opened_database(paths.database) as db:
        rows = db.execute("SELECT reason, length(images) / 4 FROM curation_acts WHERE verdict = 'discard'")
        found: Counter[str] = Counter()
        for reason, n_images in rows.fetchall():
            found[reason] += n_images
    return dict(found)


def test_300_images_are_curated_by_keyboard_through_undo_kill_and_reload(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(paths)
    page = new_context().new_page()
    begin(page, invite_curator(paths, "Ada", again=False, base_url=app.url))
    by_hand: dict[int, str] = {}  # what was kept, and as what

    # 0 to 39 are kept one by one, 40 to 44 discarded by number, 45 to 49 by D and D again.
    at(page, 0)
    press(page, *"k" * 40)
    at(page, 40)
    by_hand |= dict.fromkeys(range(40), "tumor")
    press(page, *"33333", "d", "4", *"dddddddd")
    at(page, 50)
    counts(page, kept=40, discarded=10)

    # A range is discarded, brought back and kept; the one before is deferred.
    press(page, "f", "Shift+ArrowRight", "Shift+ArrowRight", "2")
    at(page, 54)
    counts(page, kept=40, discarded=13, deferred=1)
    press(page, "u")
    at(page, 51)
    counts(page, kept=40, discarded=10, deferred=1)
    press(page, "k")
    at(page, 54)
    by_hand |= dict.fromkeys((51, 52, 53), "tumor")

    # The server is killed. What is decided now waits, and nothing more can be decided meanwhile.
    saved(page)
    app.kill()
    assert saved_discards(paths) == {"gray_contour": 5, "odd_artifact": 5, "hyper_intensity": 3}
    press(page, "k")
    page.wait_for_selector('.gallery[data-unsaved="1"][data-away="true"]')
    expect(page.get_by_text("1 decision not saved")).to_be_visible()
    press(page, "k", "1")
    expect(page.get_by_text("Nothing more can be decided until")).to_be_visible()
    app.start()
    at(page, 55)
    by_hand[54] = "tumor"
    counts(page, kept=44, discarded=10, deferred=1)

    # After a reload the first undecided image is the current one, and undo still knows the last decision.
    page.reload()
    opened(page)
    at(page, 55)
    counts(page, kept=44, discarded=10, deferred=1)
    press(page, "u")
    at(page, 54)
    counts(page, kept=43, discarded=10, deferred=1)
    press(page, "k")
    at(page, 55)

    # Two are corrected, one is discarded for a reason in words, in the large view too.
    press(page, "Shift+ArrowRight", "t", "2")
    at(page, 57)
    by_hand |= dict.fromkeys((55, 56), "nontumor")
    press(page, "8")
    page.get_by_label("Why", exact=True).fill("Cheese")
    press(page, "Enter")
    at(page, 58)
    press(page, "Space")
    page.wait_for_selector('.preview[data-painted="58"]')
    press(page, "1")
    page.wait_for_selector('.preview[data-painted="59"]')
    press(page, "k", "Escape")
    at(page, 60)
    by_hand[59] = "tumor"

    # What was deferred is discarded after all; all that is still undecided is kept at once.
    page.get_by_role("button", name="Deferred 1").click()
    at(page, 50)
    press(page, "7")
    counts(page, kept=45, corrected=2, discarded=13)
    page.get_by_role("button", name="Undecided 240").click()
    press(page, "Control+a", "k")
    counts(page, kept=285, corrected=2, discarded=13)
    by_hand |= dict.fromkeys(range(60, N_IMAGES), "tumor")
    saved(page)

    assert kept_in_release(paths) == by_hand
    assert len(by_hand) == 287
    assert page.get_by_text("All saved").is_visible()


def test_two_tabs_and_two_curators_lose_nothing(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(paths)
    context = new_context()
    page = context.new_page()
    begin(page, invite_curator(paths, "Ada", again=False, base_url=app.url))
    second_tab = context.new_page()
    second_tab.goto(app.url)
    opened(second_tab)
    other = new_context().new_page()
    begin(other, invite_curator(paths, "Bo", again=False, base_url=app.url))
    press(page, *"kkk")
    at(page, 3)
    press(second_tab, "End", "1")
    counts(second_tab, discarded=1)
    press(other, *"k1k")
    at(other, 3)
    page.reload()
    opened(page)
    counts(page, kept=3, discarded=1)
    expect(page.get_by_role("button", name="Disagreed 1")).to_be_visible()
    counts(other, kept=2, discarded=1)


def test_a_set_that_is_deleted_meanwhile_is_said_to_be_gone(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(paths)
    page = new_context().new_page()
    begin(page, invite_curator(paths, "Ada", again=False, base_url=app.url))
    press(page, "k")
    at(page, 1)
    delete_image_set(paths, SET)
    press(page, "k")
    expect(page.get_by_text("There is no image set 'gan-tumor'.").first).to_be_visible()
    assert gallery(page).get_attribute("data-counts") == "299 1 0 0 0"


def test_a_library_gallery_takes_no_decisions(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    page.get_by_role("link", name="Library").click()
    opened(page)
    press(page, "k", "1", "Delete", "u", "ArrowRight")
    at(page, 1)
    assert gallery(page).get_attribute("data-mode") == "view"
    press(page, "Space")
    page.wait_for_selector('.preview[data-painted="1"]')
    with opened_database(paths.database) as db:
        assert db.execute("SELECT count(*) FROM curation_acts").fetchone() == (0,)


def test_a_sample_is_decided_on_and_a_disagreement_settled_on_the_page(
    paths: WorkspacePaths, serve_app: ServeApp, new_context: NewContext
) -> None:
    for name, verdict in (("Ada", Verdict.KEEP), ("Bo", Verdict.DISCARD)):
        decide(paths, verdict, 7, curator=curator_known_as(paths, name), image_set=SET)
    app = serve_app(paths)
    page = new_context().new_page()
    open_link(page, researcher_link(paths, app.url))
    page.get_by_role("link", name="Curation").click()
    opened(page)

    page.get_by_role("radio", name="Disagreements").click()
    page.get_by_text("Ada: keep; Bo: discard (gray contour)").wait_for()
    at(page, 7)
    press(page, "u")
    expect(page.get_by_text("Delete takes back what was settled.")).to_be_visible()
    press(page, "3")
    expect(page.get_by_text("Nobody disagrees")).to_be_visible()

    page.get_by_role("radio", name="Sample").click()
    page.get_by_label("Images, of 299 undecided").fill("5")
    page.get_by_role("button", name="Draw the sample").click()
    page.get_by_text("0 were decided").wait_for()
    opened(page)
    press(page, *"kkkk1")
    expect(page.get_by_text("1 of the 5 images of the random sample were discarded.")).to_be_visible()
    expect(page.get_by_text("294", exact=True)).to_be_visible()
