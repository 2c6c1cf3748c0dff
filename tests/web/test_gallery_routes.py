"""The gallery's routes: who gets in, what thumbnails are, and what becomes of a decision."""

import io
import uuid
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.access.cookies import COOKIES
from core.access.person import Role
from core.identifiers import CohortName, ImageSetName
from core.imageset.pixels import open_pixels
from core.settings import WorkspacePaths
from core.web.gallery_routes import gallery_routes
from core.web.guard import Guard
from core.workflows.access import accept_invitation, invite_curator, researcher_link
from core.workflows.cohorts import CohortRequest, import_cohort
from core.workflows.image_sets import delete_image_set
from core.workflows.studies import create_study, lock_study
from core.workflows.triage import triage
from tests.phantom_patients import write_patients
from tests.phantoms import BASE_URL, LockedStudy, plan, workspace_with_four_sets

HEADERS = {"X-MRTuring": "1", "Origin": BASE_URL}
SET = "/gallery/synthetic-tumor"
N_IMAGES = 12


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return workspace_with_four_sets(tmp_path / "workspace", n=N_IMAGES)


def client(paths: WorkspacePaths, cookies: dict[Role, str], **headers: str) -> TestClient:
    app = Starlette(routes=gallery_routes(paths), middleware=[Middleware(Guard)])
    sent = {COOKIES[role]: cookie for role, cookie in cookies.items()}
    return TestClient(app, base_url=BASE_URL, headers=headers or HEADERS, cookies=sent)


def cookie_of(paths: WorkspacePaths, link: str) -> str:
    return accept_invitation(paths, link.rsplit("/", 1)[1])[1]


def curator_client(paths: WorkspacePaths, name: str) -> TestClient:
    link = invite_curator(paths, name, again=False, base_url=BASE_URL)
    return client(paths, {Role.CURATOR: cookie_of(paths, link)})


@pytest.fixture
def curator(paths: WorkspacePaths) -> TestClient:
    return curator_client(paths, "Ada")


def act(verdict: str | None, *images: int, **more: object) -> dict[str, object]:
    return {
        "act_id": str(uuid.uuid4()),
        "verdict": verdict,
        "images": list(images),
        "decided_at": "2026-01-01T10:00:00.000Z",
    } | more


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)))


def test_thumbnails_are_the_means_of_areas_in_the_order_asked_for(
    curator: TestClient, paths: WorkspacePaths
) -> None:
    reply = curator.post(f"{SET}/thumbnails", json={"positions": [7, 0, 7], "size": 64})
    sprite = decoded(reply.content)
    assert sprite.shape == (64, 3 * 64)
    image = open_pixels(paths.image_set(ImageSetName("synthetic-tumor")))[7].astype(float)
    means = image.reshape(64, 4, 64, 4).mean(axis=(1, 3))
    assert np.abs(sprite[:, :64] - means).max() <= 0.5
    assert (sprite[:, :64] == sprite[:, 128:]).all()


@pytest.mark.parametrize("size", [64, 96, 128, 192, 256])
def test_more_than_sixteen_thumbnails_make_a_second_row(curator: TestClient, size: int) -> None:
    positions = [place % N_IMAGES for place in range(17)]
    sprite = decoded(curator.post(f"{SET}/thumbnails", json={"positions": positions, "size": size}).content)
    assert sprite.shape == (2 * size, 16 * size)
    assert (sprite[size:, :size] == sprite[:size, 4 * size : 5 * size]).all()
    assert not sprite[size:, size:].any()


def test_thumbnails_write_nothing(curator: TestClient, paths: WorkspacePaths) -> None:
    before = {file: file.stat().st_size for file in paths.images.rglob("*")}
    curator.post(f"{SET}/thumbnails", json={"positions": [0, 1], "size": 96})
    assert {file: file.stat().st_size for file in paths.images.rglob("*")} == before


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"positions": [N_IMAGES], "size": 64}, "no image 12"),
        ({"positions": [-1], "size": 64}, "no image -1"),
        ({"positions": [], "size": 64}, "0 thumbnails"),
        ({"positions": [0] * 257, "size": 64}, "257 thumbnails"),
        ({"positions": [0], "size": 100}, "100 pixels"),
        ({"positions": ["0"], "size": 64}, "no list of positions"),
        ({"positions": [True], "size": 64}, "no list of positions"),
        ({"size": 64}, "no list of positions"),
        ([], "not a JSON object"),
    ],
)
def test_what_cannot_be_a_thumbnail_is_one_line(curator: TestClient, content: object, words: str) -> None:
    reply = curator.post(f"{SET}/thumbnails", json=content)
    assert reply.status_code == 400
    assert words in reply.json()["error"]["what"]


def test_an_image_comes_as_its_exact_pixels_with_what_is_known_of_it(
    curator: TestClient, paths: WorkspacePaths
) -> None:
    exact = open_pixels(paths.image_set(ImageSetName("synthetic-tumor")))[3]
    assert (decoded(curator.get(f"{SET}/image/3").content) == exact).all()
    record = curator.get(f"{SET}/record/3").json()
    assert (record["image_id"], record["seed"], record["subject_id"]) == ("synthetic-tumor-3", 3, None)
    assert cv2.countNonZero(exact) > 0


@pytest.mark.parametrize("route", ["image/12", "record/12"])
def test_an_image_that_is_not_there_is_one_line(curator: TestClient, route: str) -> None:
    reply = curator.get(f"{SET}/{route}")
    assert (reply.status_code, reply.json()["error"]["what"]) == (400, "There is no image 12.")


ROUTES = [("GET", "state"), ("GET", "image/0"), ("GET", "record/0"), ("POST", "thumbnails"), ("POST", "acts")]
ROUTES += [("POST", "undo"), ("POST", "settle"), ("GET", "triage"), ("GET", "order/by cluster")]


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_nobody_and_no_reader_gets_in(paths: WorkspacePaths, method: str, route: str) -> None:
    create_study(paths, plan(per_arm=1))
    lock_study(paths, plan().name)
    reader = LockedStudy(paths=paths, name=plan().name).cookie()
    for cookies in ({}, {Role.READER: reader}, {Role.CURATOR: reader}, {Role.RESEARCHER: reader}):
        reply = client(paths, cookies).request(method, f"{SET}/{route}", json={} if method == "POST" else None)
        assert reply.status_code == 401


@pytest.mark.parametrize(("method", "route"), ROUTES)
def test_no_route_answers_a_foreign_page(paths: WorkspacePaths, method: str, route: str) -> None:
    link = researcher_link(paths, BASE_URL)
    cookies = {Role.RESEARCHER: cookie_of(paths, link)}
    bare = client(paths, cookies, Origin=BASE_URL).request(method, f"{SET}/{route}")
    assert bare.status_code == 403
    foreign = client(paths, cookies, **{"X-MRTuring": "1", "Origin": "http://elsewhere.example"})
    assert foreign.request(method, f"{SET}/{route}").status_code == 403


def test_a_decision_is_saved_once_however_often_it_is_sent(curator: TestClient) -> None:
    sent = act("discard", 1, 2, reason="gray_contour")
    first, again = (curator.post(f"{SET}/acts", json=sent) for _ in range(2))
    assert first.json() == again.json()
    assert (first.json()["images"], first.json()["verdicts"]) == ([1, 2], [2, 2])
    state = curator.get(f"{SET}/state").json()
    assert state["verdicts"] == [0, 2, 2] + [0] * 9
    code, title = state["known_reasons"][state["reasons"][1]]
    assert (code, title) == ("gray_contour", "Gray contour")


def test_undo_brings_back_what_was_before_and_ends_at_nothing(curator: TestClient) -> None:
    curator.post(f"{SET}/acts", json=act("keep", 1))
    curator.post(f"{SET}/acts", json=act("discard", 1, 2, reason="gray_contour"))
    sent = {"act_id": str(uuid.uuid4())}
    undone = curator.post(f"{SET}/undo", json=sent).json()
    assert (undone["images"], undone["verdicts"]) == ([1, 2], [1, 0])
    assert curator.post(f"{SET}/undo", json=sent).json() == undone
    curator.post(f"{SET}/undo", json={"act_id": str(uuid.uuid4())})
    assert curator.post(f"{SET}/undo", json={"act_id": str(uuid.uuid4())}).json() is None
    assert curator.get(f"{SET}/state").json()["verdicts"] == [0] * N_IMAGES


def test_two_curators_do_not_overwrite_each_other(curator: TestClient, paths: WorkspacePaths) -> None:
    other = curator_client(paths, "Bo")
    curator.post(f"{SET}/acts", json=act("keep", 1))
    other.post(f"{SET}/acts", json=act("discard", 1, reason="hyper_intensity"))
    assert curator.get(f"{SET}/state").json()["verdicts"][1] == 1
    state = other.get(f"{SET}/state").json()
    assert (state["verdicts"][1], state["n_others"][1], state["disagrees"][1]) == (2, 1, 1)
    assert set(state["curators"]) == {"Ada", "Bo"}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (act("discard", 1), "goes with the reason None"),
        (act("discard", 1, reason="ugly"), "no reason 'ugly'"),
        (act("discard", 1, reason="other"), "says nothing by itself"),
        (act("keep", N_IMAGES), "no image 12"),
        (act("keep"), "0 images"),
        (act("smash", 1), "'smash'"),
        (act("correct", 1), "goes with the tumor status"),
        (act("keep", 1) | {"act_id": "x"}, "not the id"),
        (act("keep", 1) | {"decided_at": "noon"}, "not a time"),
        (act("keep", 1) | {"images": "all"}, "no list of image positions"),
    ],
)
def test_what_cannot_be_decided_is_one_line_and_changes_nothing(
    curator: TestClient, sent: dict[str, object], words: str
) -> None:
    reply = curator.post(f"{SET}/acts", json=sent)
    assert reply.status_code == 400
    assert words in reply.json()["error"]["what"]
    assert curator.get(f"{SET}/state").json()["verdicts"] == [0] * N_IMAGES


def test_a_set_that_was_deleted_meanwhile_is_said_to_be_gone(curator: TestClient, paths: WorkspacePaths) -> None:
    curator.post(f"{SET}/acts", json=act("keep", 1))
    delete_image_set(paths, ImageSetName("synthetic-tumor"))
    for reply in (
        curator.get(f"{SET}/state"),
        curator.post(f"{SET}/acts", json=act("keep", 2)),
        curator.post(f"{SET}/thumbnails", json={"positions": [0], "size": 64}),
        curator.get(f"{SET}/image/0"),
    ):
        assert reply.status_code == 409
        assert "no image set 'synthetic-tumor'" in reply.json()["error"]["what"]


def test_the_researcher_settles_what_curators_disagree_on(curator: TestClient, paths: WorkspacePaths) -> None:
    other = curator_client(paths, "Bo")
    curator.post(f"{SET}/acts", json=act("keep", 1))
    other.post(f"{SET}/acts", json=act("discard", 1, reason="hyper_intensity"))
    settlement = act("discard", 1, reason="gray_contour")
    assert curator.post(f"{SET}/settle", json=settlement).status_code == 401
    researcher = client(paths, {Role.RESEARCHER: cookie_of(paths, researcher_link(paths, BASE_URL))})
    assert researcher.post(f"{SET}/settle", json=settlement).json()["verdicts"] == [2]
    state = curator.get(f"{SET}/state").json()
    assert (state["verdicts"][1], state["settled"][1], state["disagrees"][1]) == (1, 2, 0)
    agreed = researcher.post(f"{SET}/settle", json=act("keep", 2))
    assert (agreed.status_code, "Nobody disagrees" in agreed.json()["error"]["what"]) == (409, True)


def test_without_triage_there_is_no_order(curator: TestClient) -> None:
    assert curator.get(f"{SET}/triage").json() is None
    reply = curator.get(f"{SET}/order/by cluster")
    assert reply.status_code == 409
    assert "'by cluster'" in reply.json()["error"]["what"]


def test_what_triage_found_comes_as_orders_and_flags(paths: WorkspacePaths) -> None:
    """A set of patients' own images, so that there is something to be near to."""
    own = client(paths, {Role.RESEARCHER: cookie_of(paths, researcher_link(paths, BASE_URL))})
    folder = write_patients(paths.root.parent / "BraTS", 4)
    request = CohortRequest(name=CohortName("glioma"), folder=folder)
    import_cohort(paths, request, on_progress=lambda _done, _total: None)
    name = ImageSetName("glioma-tumor")
    scores = triage(paths, name, on_progress=lambda _done, _total: None)
    found = own.get(f"/gallery/{name}/triage").json()
    assert found["orders"] == list(scores.orders())
    assert found["flagged"]["Odd"] == np.flatnonzero(scores.odd).tolist()
    assert found["nearest_sets"] == [name]
    assert len(found["unrealism"]) == len(found["oddest"]) == len(scores.unrealism)
    for order, positions in scores.orders().items():
        content = own.get(f"/gallery/{name}/order/{order}").content
        assert np.frombuffer(content, "<u4").tolist() == positions.tolist()


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'"keep"'])
def test_what_is_no_json_object_is_refused(curator: TestClient, body: bytes) -> None:
    assert curator.post(f"{SET}/acts", content=body).status_code == 400


def test_with_both_links_in_one_browser_the_researcher_decides(paths: WorkspacePaths) -> None:
    links = {
        Role.RESEARCHER: researcher_link(paths, BASE_URL),
        Role.CURATOR: invite_curator(paths, "Ada", again=False, base_url=BASE_URL),
    }
    both = client(paths, {role: cookie_of(paths, link) for role, link in links.items()})
    both.post(f"{SET}/acts", json=act("keep", 1))
    assert both.get(f"{SET}/state").json()["curators"] == ["researcher"]
