"""The embedding's routes: who gets in, and what a picture is drawn from."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.access.cookies import COOKIES
from core.access.person import Role
from core.curation.decision import Verdict
from core.embedding.embedding import Embedding
from core.figures.plotly_script import ADDRESS
from core.identifiers import ImageSetName
from core.settings import WorkspacePaths
from core.web.embedding_routes import embedding_routes
from core.web.guard import Guard
from core.workflows.access import accept_invitation, invite_curator, researcher_link
from core.workflows.image_sets import delete_image_set
from core.workflows.pointed_images import point_image
from core.workflows.studies import create_study, lock_study
from tests.curating import decide
from tests.made_up_embeddings import planted_embedding
from tests.phantoms import BASE_URL, LockedStudy, plan, workspace_with_four_sets

HEADERS = {"X-MRTuring": "1"}
PLANTED = "/embeddings/planted"
ADDRESSES = [f"{PLANTED}/{path}" for path in ("points", "colorings", "image/0", "record/0")]


@pytest.fixture
def paths(tmp_path: Path) -> WorkspacePaths:
    return workspace_with_four_sets(tmp_path / "workspace")


@pytest.fixture
def embedding(paths: WorkspacePaths) -> Embedding:
    return planted_embedding(paths)


def client(paths: WorkspacePaths, role: Role | None = None, link: str = "", **headers: str) -> TestClient:
    app = Starlette(routes=embedding_routes(paths), middleware=[Middleware(Guard)])
    sent = {COOKIES[role]: accept_invitation(paths, link.rsplit("/", 1)[1])[1]} if role else {}
    return TestClient(app, base_url=BASE_URL, headers=headers or HEADERS, cookies=sent)


@pytest.fixture
def researcher(paths: WorkspacePaths) -> TestClient:
    return client(paths, Role.RESEARCHER, researcher_link(paths, BASE_URL))


@pytest.mark.usefixtures("embedding")
@pytest.mark.parametrize("address", [*ADDRESSES, ADDRESS])
def test_only_a_researcher_gets_in(paths: WorkspacePaths, researcher: TestClient, address: str) -> None:
    study = create_study(paths, plan(per_arm=2))
    lock_study(paths, study.name)
    reader = LockedStudy(paths=paths, name=study.name).link()
    curator = invite_curator(paths, "Ada", again=False, base_url=BASE_URL)
    assert researcher.get(address).status_code == 200
    assert client(paths, Role.READER, reader).get(address).status_code == 401
    assert client(paths, Role.CURATOR, curator).get(address).status_code == 401
    assert client(paths).get(address).status_code == 401


@pytest.mark.usefixtures("embedding")
@pytest.mark.parametrize("address", ADDRESSES)
def test_a_foreign_page_gets_nothing(paths: WorkspacePaths, address: str) -> None:
    bare = client(paths, Role.RESEARCHER, researcher_link(paths, BASE_URL), Accept="*/*")
    assert bare.get(address).status_code == 403


def test_plotly_comes_from_here_and_is_kept_by_the_browser(researcher: TestClient) -> None:
    reply = researcher.get(ADDRESS)
    assert "plotly.js v" in reply.text[:200]
    assert reply.headers["content-type"].startswith("text/javascript")
    assert "immutable" in reply.headers["cache-control"]
    assert "private" in reply.headers["cache-control"]


def test_points_say_where_they_are_and_what(researcher: TestClient, embedding: Embedding) -> None:
    found = researcher.get(f"{PLANTED}/points").json()
    assert np.allclose([found["x"], found["y"]], embedding.coordinates.T, atol=1e-3)
    assert found["z"] is None
    assert found["nearest_real"] == embedding.nearest_real.tolist()
    said = [found["categories"][code]["label"] for code in found["category"]]
    assert (said[0], said[30], said[-1]) == ("Real tumor", "Transformed tumor", "Synthetic nontumor")


def test_an_image_comes_with_its_exact_pixels(
    researcher: TestClient, paths: WorkspacePaths, embedding: Embedding
) -> None:
    for point in (0, 30, 71):
        png = researcher.get(f"{PLANTED}/image/{point}").content
        assert (np.asarray(Image.open(io.BytesIO(png))) == point_image(paths, embedding, point)).all()
    assert researcher.get(f"{PLANTED}/record/30").json()["image_id"] == "real-tumor-6-v0"
    assert researcher.get(f"{PLANTED}/image/72").json()["error"]["what"] == "There is no point 72."


@pytest.mark.usefixtures("embedding")
def test_a_decision_is_seen_with_the_next_request(researcher: TestClient, paths: WorkspacePaths) -> None:
    def discarded() -> int:
        found = researcher.get(f"{PLANTED}/colorings").json()["colorings"]
        decisions = next(one for one in found if one["name"] == "decision")
        return sum(decisions["groups"][code]["label"] == "Discarded" for code in decisions["codes"])

    assert discarded() == 0
    decide(paths, Verdict.DISCARD, 1, 4, 5)
    assert discarded() == 3


@pytest.mark.usefixtures("embedding")
@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_stale_is_shown(researcher: TestClient, paths: WorkspacePaths, address: str) -> None:
    delete_image_set(paths, ImageSetName("synthetic-tumor"))
    reply = researcher.get(address)
    assert reply.status_code == 409
    assert "synthetic-tumor" in reply.json()["error"]["what"]


def test_an_embedding_that_is_not_there_is_told(researcher: TestClient) -> None:
    assert "no embedding" in researcher.get("/embeddings/other/points").json()["error"]["what"]
