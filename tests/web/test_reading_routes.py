"""The viewer's routes: who gets in, what one ticket gives, and what becomes of a response."""

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from core.access.cookies import COOKIES
from core.access.person import Role
from core.storage.database import opened
from core.web.guard import Guard
from core.web.join_routes import join_routes
from core.web.reading_routes import reading_routes
from core.workflows.access import invite_curator, withdraw_reader
from core.workflows.studies import close_study
from tests.phantoms import BASE_URL, LockedStudy, locked_study, response

HEADERS = {"X-MRTuring": "1"}


@pytest.fixture
def study(tmp_path: Path) -> LockedStudy:
    return locked_study(tmp_path / "workspace", per_arm=2)


def client(study: LockedStudy, cookie: str | None = None) -> TestClient:
    app = Starlette(
        routes=[*join_routes(study.paths), *reading_routes(study.paths)], middleware=[Middleware(Guard)]
    )
    cookies = {COOKIES[Role.READER]: cookie} if cookie else {}
    return TestClient(app, base_url=BASE_URL, headers=HEADERS, cookies=cookies)


@pytest.fixture
def reader(study: LockedStudy) -> TestClient:
    return client(study, study.cookie())


def post(reader: TestClient, *responses: object) -> dict[str, object]:
    reply = reader.post("/reading/responses", json={"responses": responses}, headers={"Origin": BASE_URL})
    assert reply.status_code == 200
    return reply.json()


def read(reader: TestClient, entry: dict[str, str], **changes: object) -> dict[str, object]:
    assert reader.get(f"/reading/stimulus/{entry['ticket']}").status_code == 200
    return response(entry["trial"], **changes)


def test_a_session_begins_with_the_first_three_trials(reader: TestClient) -> None:
    session = reader.get("/reading/session").json()
    assert session["state"] == "reading"
    assert (session["trials_total"], session["next_trial_index"]) == (8, 0)
    assert [entry["trial_index"] for entry in session["ahead"]] == [0, 1, 2]
    assert session["questions"] == ["realism", "tumor"]


def test_a_ticket_gives_its_image_once(reader: TestClient) -> None:
    ticket = reader.get("/reading/session").json()["ahead"][0]["ticket"]
    assert reader.get(f"/reading/stimulus/{ticket}").content.startswith(b"\x89PNG")
    again = reader.get(f"/reading/stimulus/{ticket}")
    assert again.status_code == 410
    assert set(again.json()["error"]) == {"what", "next_step"}


def test_no_more_than_three_trials_can_be_had_ahead(reader: TestClient) -> None:
    trials = set()
    for _ in range(5):
        for entry in reader.get("/reading/session").json()["ahead"]:
            reader.get(f"/reading/stimulus/{entry['ticket']}")
            trials.add(entry["trial"])
    assert len(trials) == 3


def test_a_new_ticket_voids_the_one_before(reader: TestClient) -> None:
    first = reader.get("/reading/session").json()["ahead"][0]["ticket"]
    reader.get(f"/reading/stimulus/{first}")
    second = reader.get("/reading/session").json()["ahead"][0]["ticket"]
    assert second != first
    assert reader.get(f"/reading/stimulus/{second}").status_code == 200


def test_a_whole_session_ends_finished_with_every_response_in_order(reader: TestClient, study: LockedStudy) -> None:
    position = reader.get("/reading/session").json()
    waiting = position["ahead"]
    while position["state"] == "reading":
        position = post(reader, read(reader, waiting.pop(0)))
        waiting += position["ahead"]
        waiting = list({entry["trial"]: entry for entry in waiting}.values())
    with opened(study.paths.database) as db:
        rows = list(db.query("SELECT trial_index FROM responses JOIN trials USING (trial_id) ORDER BY received_at"))
    assert [row["trial_index"] for row in rows] == list(range(8))


def test_sending_a_response_again_saves_it_once(reader: TestClient, study: LockedStudy) -> None:
    one = read(reader, reader.get("/reading/session").json()["ahead"][0])
    assert post(reader, one)["saved"] == post(reader, one)["saved"] == [one["response_id"]]
    with opened(study.paths.database) as db:
        assert db.execute("SELECT count(*) FROM responses").fetchone()[0] == 1


def test_a_second_answer_to_a_trial_is_refused_and_the_first_stays(reader: TestClient, study: LockedStudy) -> None:
    one = read(reader, reader.get("/reading/session").json()["ahead"][0], decision="real")
    post(reader, one)
    reply = post(reader, response(one["trial"], decision="synthetic"))
    assert (reply["saved"], len(reply["refused"])) == ([], 1)
    with opened(study.paths.database) as db:
        assert db.execute("SELECT decision FROM responses").fetchall() == [("real",)]


def test_a_trial_whose_image_was_never_fetched_cannot_be_answered(reader: TestClient) -> None:
    entry = reader.get("/reading/session").json()["ahead"][0]
    assert post(reader, response(entry["trial"]))["saved"] == []


@pytest.mark.parametrize(
    "changes",
    [
        {"decision": "fake"},
        {"decision": None},
        {"response_time_ms": -5},
        {"response_time_ms": "1"},
        {"confidence": 3},
        {"cannot_judge": True},
        {"response_id": "1"},
        {"window_width": 8},
        {"interpolation": None},
        {"viewport_width": True},
    ],
)
def test_a_response_that_does_not_fit_is_refused_by_name(reader: TestClient, changes: dict[str, object]) -> None:
    reply = post(reader, read(reader, reader.get("/reading/session").json()["ahead"][0], **changes))
    assert reply["saved"] == []
    assert len(reply["refused"]) == 1


def test_a_technical_fault_is_an_answer_without_decisions(reader: TestClient) -> None:
    nothing = dict.fromkeys(("decision", "response_time_ms", "tumor_decision", "tumor_response_time_ms"))
    one = read(reader, reader.get("/reading/session").json()["ahead"][0], cannot_judge=True, **nothing)
    assert post(reader, one)["saved"] == [one["response_id"]]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"responses": 3}', b"\xff", b"x" * 70_000])
def test_a_body_that_is_no_list_of_responses_is_one_clear_line(reader: TestClient, body: bytes) -> None:
    reply = reader.post("/reading/responses", content=body, headers={"Origin": BASE_URL})
    assert reply.status_code == 400
    assert reply.json()["error"]["what"]


def test_nobody_reads_without_a_cookie(study: LockedStudy) -> None:
    assert client(study).get("/reading/session").status_code == 401


def test_nobody_reads_before_consent(study: LockedStudy) -> None:
    assert client(study, study.cookie(consent=False)).get("/reading/session").status_code == 409


def test_nobody_reads_after_the_study_closed(study: LockedStudy, reader: TestClient) -> None:
    close_study(study.paths, study.name)
    assert reader.get("/reading/session").status_code == 409


def test_a_withdrawn_reader_sends_what_was_waiting_in_vain(study: LockedStudy, reader: TestClient) -> None:
    waiting = read(reader, reader.get("/reading/session").json()["ahead"][0])
    withdraw_reader(study.paths, study.name, "reader")
    assert reader.get("/reading/session").status_code == 401
    sent = reader.post("/reading/responses", json={"responses": [waiting]}, headers={"Origin": BASE_URL})
    assert sent.status_code == 401
    with opened(study.paths.database) as db:
        assert db.table("responses").count == 0


def test_a_new_invitation_ends_the_old_sign_in_and_resumes_on_another_computer(study: LockedStudy) -> None:
    before = client(study, study.cookie())
    post(before, read(before, before.get("/reading/session").json()["ahead"][0]))
    after = client(study, study.cookie(again=True))
    assert before.get("/reading/session").status_code == 401
    assert after.get("/reading/session").json()["next_trial_index"] == 1


def test_one_readers_ticket_is_worthless_to_another(study: LockedStudy, reader: TestClient) -> None:
    ticket = reader.get("/reading/session").json()["ahead"][0]["ticket"]
    other = client(study, study.cookie("other"))
    assert other.get(f"/reading/stimulus/{ticket}").status_code == 410


def test_trials_of_two_readers_share_no_id(study: LockedStudy, reader: TestClient) -> None:
    other = client(study, study.cookie("other"))
    ids = [
        {
            text
            for entry in one.get("/reading/session").json()["ahead"]
            for text in (entry["trial"], entry["ticket"])
        }
        for one in (reader, other)
    ]
    assert ids[0].isdisjoint(ids[1])


def test_every_stimulus_looks_alike_on_the_wire(reader: TestClient) -> None:
    replies = [
        reader.get(f"/reading/stimulus/{entry['ticket']}", headers={"Accept-Encoding": "gzip"})
        for entry in reader.get("/reading/session").json()["ahead"]
    ]
    assert len({json.dumps(dict(reply.headers)) for reply in replies}) == 1
    assert len({len(reply.content) for reply in replies}) == 1
    headers = replies[0].headers
    assert headers["cache-control"] == "no-store"
    assert headers["content-encoding"] == "identity"
    assert "etag" not in headers
    assert "last-modified" not in headers


def test_a_stimulus_holds_nothing_but_pixels(reader: TestClient) -> None:
    ticket = reader.get("/reading/session").json()["ahead"][0]["ticket"]
    png = reader.get(f"/reading/stimulus/{ticket}").content
    kinds, position = [], 8
    while position < len(png):
        length = int.from_bytes(png[position : position + 4])
        kinds.append(png[position + 4 : position + 8])
        position += length + 12
    assert (kinds[0], kinds[-1], set(kinds[1:-1])) == (b"IHDR", b"IEND", {b"IDAT"})


@pytest.mark.parametrize("origin", ["https://elsewhere.example", "null"])
def test_another_page_can_post_nothing(reader: TestClient, origin: str) -> None:
    reply = reader.post("/reading/responses", json={"responses": []}, headers={"Origin": origin})
    assert reply.status_code == 403


def test_a_post_without_an_origin_is_refused(reader: TestClient) -> None:
    assert reader.post("/reading/responses", json={"responses": []}).status_code == 403


def test_a_request_without_our_header_is_refused(study: LockedStudy) -> None:
    bare = client(study, study.cookie())
    del bare.headers["X-MRTuring"]
    assert bare.get("/reading/session").status_code == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/agent/openapi.json"])
def test_what_streamlit_leaves_open_is_closed(reader: TestClient, path: str) -> None:
    assert reader.get(path).status_code == 404


def test_opening_a_link_uses_nothing_and_its_button_works_once(study: LockedStudy) -> None:
    browser, path = client(study), study.link("late").removeprefix(BASE_URL)
    assert browser.get(path).status_code == 200
    assert browser.get(path).status_code == 200
    joined = browser.post(path, headers={"Origin": BASE_URL}, follow_redirects=False)
    assert (joined.status_code, joined.headers["location"].split("?")[0]) == (303, "/")
    cookie = joined.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    again = browser.post(path, headers={"Origin": BASE_URL}, follow_redirects=False)
    assert again.status_code == 403
    assert "used already" in again.text


def test_a_curators_link_leads_to_the_app_by_a_cookie_of_its_own(study: LockedStudy) -> None:
    path = invite_curator(study.paths, "ann", again=False, base_url=BASE_URL).removeprefix(BASE_URL)
    browser = client(study)
    joined = browser.post(path, headers={"Origin": BASE_URL}, follow_redirects=False)
    assert (joined.status_code, joined.headers["location"]) == (303, "/")
    assert joined.headers["set-cookie"].startswith(f"{COOKIES[Role.CURATOR]}=")
    assert browser.get("/reading/session").status_code == 401


def test_a_false_link_says_so(study: LockedStudy) -> None:
    reply = client(study).post("/join/nonsense", headers={"Origin": BASE_URL})
    assert reply.status_code == 403
    assert "not valid" in reply.text
