"""The Curation page around the gallery: which set, sample, disagreements, releases, curators, triage."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import UnknownElement

from core.access.cookies import COOKIES
from core.access.person import Role
from core.curation.decision import Verdict
from core.identifiers import ImageSetName, ReleaseName
from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.storage.database import opened
from core.workflows.access import accept_invitation, curator_known_as, curators, invite_curator
from core.workflows.curation import all_reasons
from core.workflows.image_sets import delete_image_set
from core.workflows.releases import all_releases, release
from tests.curating import SYNTHETIC as SET
from tests.curating import decide
from tests.phantoms import BASE_URL, add_phantom_set

Page = Callable[..., AppTest]
N_IMAGES = 12
RELEASED_WITHIN_S = 60


def galleries(app: AppTest) -> list[dict[str, object]]:
    """What each gallery on the page was given."""
    return [
        json.loads(one.proto.json) for one in app.main if isinstance(one, UnknownElement) and "bidi" in one.type
    ]


def errors(app: AppTest) -> list[str]:
    assert list(app.exception) == []
    return [error.value for error in app.error]


def said(app: AppTest) -> str:
    texts = [*app.markdown, *app.info, *app.success, *app.caption, *app.warning]
    return "\n".join(text.value for text in texts)


def view(app: AppTest, name: str) -> AppTest:
    app = app.segmented_control[0].set_value(name).run()
    assert errors(app) == []
    return app


def click(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def write(app: AppTest, label: str, text: str) -> None:
    next(one for one in app.text_input if one.label == label).set_value(text)


@pytest.mark.usefixtures("filled")
def test_the_first_synthetic_set_is_opened_for_decisions(page: Page) -> None:
    (gallery,) = galleries(page("curation"))
    assert (gallery["image_set"], gallery["mode"], gallery["subset"]) == (SET, "decide", None)
    assert gallery["n_images"] == N_IMAGES


def test_every_set_can_be_chosen_and_a_damaged_one_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    app = page("curation")
    for option in app.selectbox[0].options:
        app = app.selectbox[0].set_value(option).run()
        assert errors(app) == []
        assert galleries(app)[0]["image_set"] == option.split(" · ")[0]
    filled.image_set(SET).write_bytes(b"half")
    app = app.selectbox[0].set_value(next(one for one in app.selectbox[0].options if one.startswith(SET))).run()
    (error,) = errors(app)
    assert "synthetic-tumor.npy cannot be read" in error


@pytest.mark.usefixtures("filled")
def test_a_link_leads_to_its_set_and_what_was_chosen_stays(page: Page) -> None:
    app = page("curation")
    real = next(one for one in app.selectbox[0].options if one.startswith("real-tumor"))
    app = app.selectbox[0].set_value(real).run()
    app.query_params.clear()
    assert (
        galleries(app.switch_page("home.py").run().switch_page("curation.py").run())[0]["image_set"] == "real-tumor"
    )
    app.query_params["set"] = "synthetic-nontumor"
    assert galleries(app.run())[0]["image_set"] == "synthetic-nontumor"


def test_unsent_decisions_of_different_people_and_sets_never_mix(
    filled: WorkspacePaths, page: Page, cookies: dict[str, str]
) -> None:
    of_researcher = galleries(page("curation"))[0]["gallery"]
    cookies.clear()
    link = invite_curator(filled, "Ada", again=False, base_url=BASE_URL)
    cookies[COOKIES[Role.CURATOR]] = accept_invitation(filled, link.rsplit("/", 1)[1])[1]
    app = page()
    of_curator = galleries(app)[0]["gallery"]
    other = next(one for one in app.selectbox[0].options if one.startswith("real-tumor"))
    of_other_set = galleries(app.selectbox[0].set_value(other).run())[0]["gallery"]
    assert len({of_researcher, of_curator, of_other_set}) == 3
    assert app.segmented_control[0].options == ["Images", "Sample"]


def test_a_sample_is_drawn_decided_on_and_tells_of_the_rest(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Sample")
    next(one for one in app.number_input if one.label.startswith("Images")).set_value(4)
    app = click(app, "Draw the sample")
    assert errors(app) == []
    (gallery,) = galleries(app)
    sample = gallery["subset"]
    assert isinstance(sample, list)
    assert len(sample) == 4
    assert "0 were decided" in said(app)
    decide(filled, Verdict.DISCARD, sample[0])
    decide(filled, Verdict.KEEP, *sample[1:])
    app = app.run()
    assert "1 of the 4 images of the random sample were discarded." in said(app)
    assert "Of the **8** images that nobody looked at" in said(app)


def test_disagreements_are_shown_with_kappa_and_settled_in_a_gallery(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Disagreements")
    assert "Fewer than two people" in said(app)
    one, other = curator_known_as(filled, "Ada"), curator_known_as(filled, "Bo")
    decide(filled, Verdict.KEEP, 0, 1, 2, curator=one)
    decide(filled, Verdict.KEEP, 0, 1, curator=other)
    decide(filled, Verdict.DISCARD, 2, curator=other)
    app = app.run()
    assert "Ada and Bo: Cohen's kappa **" in said(app)
    assert "over 3 images" in said(app)
    (gallery,) = galleries(app)
    assert (gallery["mode"], gallery["subset"]) == ("settle", [2])
    assert gallery["notes"] == {"2": "Ada: keep; Bo: discard (gray contour)"}


def released(app: AppTest) -> AppTest:
    """Once the process that makes the release has ended."""
    assert list(app.exception) == []
    deadline = time.monotonic() + RELEASED_WITHIN_S
    while not (app.error or any("has" in one.value for one in app.success)) and time.monotonic() < deadline:
        time.sleep(0.2)
        app = app.run()
    return app


def test_a_release_is_made_once_all_is_decided_and_shows_its_data_sheet(filled: WorkspacePaths, page: Page) -> None:
    decide(filled, Verdict.DISCARD, 3, 4)
    app = view(page("curation"), "Release")
    assert {one.label: one.value for one in app.metric}["Undecided"] == "10"
    assert "10 images are undecided." in said(app)
    write(app, "Name of the release", "kept")
    app = released(click(app, "Make the release"))
    (error,) = errors(app)
    assert "10 of the 12 images of synthetic-tumor are undecided." in error
    decide(filled, Verdict.KEEP, *set(range(N_IMAGES)) - {3, 4})
    app = view(page("curation"), "Release")
    write(app, "Name of the release", "kept")
    app = released(click(app, "Make the release"))
    assert errors(app) == []
    assert [one.n_images for one in all_releases(filled)] == [10]
    app = app.run()
    assert (
        "**12** in the set, **12** reviewed, **10** kept (0 with a corrected tumor status), **2** discarded"
        in said(app)
    )
    assert "Discarded for: gray contour 2" in said(app)
    assert "Reviewed by researcher 12" in said(app)
    app.button(key="delete release kept").click().run()
    assert all_releases(filled) == []


def test_a_release_may_accept_the_rest_only_with_an_estimate(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Release")
    assert not app.checkbox
    app = view(app, "Sample")
    next(one for one in app.number_input if one.label.startswith("Images")).set_value(5)
    app = click(app, "Draw the sample")
    sample = galleries(app)[0]["subset"]
    assert isinstance(sample, list)
    decide(filled, Verdict.KEEP, *sample)
    app = view(app, "Release")
    write(app, "Name of the release", "all")
    app.checkbox[0].check()
    app = released(click(app, "Make the release"))
    assert errors(app) == []
    assert [one.n_images for one in all_releases(filled)] == [N_IMAGES]
    assert "**7 accepted unseen**" in said(app.run())


def test_a_release_is_handed_out_with_its_data_sheet(filled: WorkspacePaths, page: Page) -> None:
    decide(filled, Verdict.KEEP, *range(N_IMAGES))
    release(filled, SET, ReleaseName("kept"))
    app = click(view(page("curation"), "Release"), "Export")
    assert errors(app) == []
    folder = Path(filled.exports / "kept")
    assert len(list((folder / "tumor").glob("*.png"))) == N_IMAGES
    assert (folder / "data_sheet.json").is_file()


def test_a_curator_is_invited_and_the_link_ended(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Curators")
    write(app, "Curator", "Ada")
    app = click(app, "Make link")
    assert errors(app) == []
    assert app.code[0].value.startswith(BASE_URL)
    assert "**Ada** · invited, not signed in yet" in said(app)
    app = app.button(key="revoke Ada").click().run()
    assert [access.has_link for access in curators(filled)] == [False]
    write(app, "Curator", "Ada")
    app = click(app, "Make link")
    app = app.run()
    assert [access.has_link for access in curators(filled)] == [True]


def test_a_reason_is_added_behind_the_others(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Curators")
    write(app, "Code", "motion_blur")
    write(app, "Reason, in words", "Motion blur")
    app = click(app, "Add the reason")
    assert errors(app) == []
    assert all_reasons(filled, ImageKind.SYNTHETIC)[-1].code == "motion_blur"
    assert "**9** Motion blur" in said(app)
    write(app, "Code", "Motion Blur")
    write(app, "Reason, in words", "Again")
    (error,) = errors(click(app, "Add the reason"))
    assert "cannot be the code of a reason" in error


def test_triage_needs_patients_and_says_what_it_refuses(filled: WorkspacePaths, page: Page) -> None:
    app = view(page("curation"), "Triage")
    assert [one.label for one in app.button] == ["Run triage"]
    for name in ("glioma-tumor", "glioma-nontumor"):
        delete_image_set(filled, ImageSetName(name))
    (error,) = errors(click(app, "Run triage"))
    assert "glioma" in error


def test_a_set_of_one_image_is_curated_like_any_other(empty: WorkspacePaths, page: Page) -> None:
    add_phantom_set(empty, "one", ImageKind.SYNTHETIC, TumorStatus.TUMOR, n=1)
    (gallery,) = galleries(page("curation"))
    assert gallery["n_images"] == 1
    for name in ("Triage", "Sample", "Disagreements", "Release", "Curators"):
        view(page("curation"), name)
    with opened(empty.database) as db:
        assert db.execute("SELECT count(*) FROM curation_acts").fetchone() == (0,)
