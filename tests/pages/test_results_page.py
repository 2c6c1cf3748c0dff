"""Results are shown of closed studies; of others, how many trials were read."""

import io
import json
import re
import zipfile
from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from core.errors import RefusedError
from core.identifiers import StudyName
from core.observer_performance.conclusion import verdict_sentence
from core.settings import WorkspacePaths
from core.workflows.blinding import case_pictures
from core.workflows.results import study_provenance, study_results, tables_export
from core.workflows.studies import close_study, lock_study, study_status

Page = Callable[..., AppTest]
DOWNLOADS = {
    "Report (HTML)",
    "Report (PDF)",
    "All tables (ZIP of CSV)",
    "Responses (CSV)",
    "Analysis (JSON)",
    "iMRMC (CSV)",
}
RATES = ("Accuracy", "Sensitivity", "Specificity")
ACCURACY, READERS, IMAGES, COURSE, DOWNLOADING = TABS = (
    "Accuracy",
    "Readers",
    "Images",
    "Agreement, drift and time",
    "Report and downloads",
)


def everything(app: AppTest) -> str:
    tables = [frame.value.to_string() for frame in (*app.dataframe, *app.table)]
    texts = [one.value for kind in (app.markdown, app.caption, app.info, app.subheader) for one in kind]
    return "\n".join([*tables, *texts])


def tab(page: Page, name: str) -> AppTest:
    """The results of the newest closed study, with this tab open."""
    app = page("results")
    app.session_state["results"] = name
    app.run()
    assert list(app.exception) == []
    assert [one.label for one in app.tabs] == list(TABS)
    return app


def opened_at(page: Page, study: str) -> AppTest:
    app = page("results")
    choice = app.selectbox[0]
    label = next(option for option in choice.options if option.startswith(f"{study} "))
    app = choice.select(label).run()
    assert list(app.exception) == []
    return app


@pytest.mark.usefixtures("filled")
def test_before_the_close_there_are_counts_of_trials_and_no_rate(page: Page) -> None:
    app = opened_at(page, "study")
    shown = everything(app)
    assert "only counts of trials" in shown
    assert not [rate for rate in RATES if rate in shown]
    assert "Wilson" not in shown
    assert not app.get("plotly_chart")
    assert not app.get("download_button")
    (table,) = app.dataframe
    assert table.value.to_dict("records") == [{"Reader": "half", "Trials": 4, "Read": 2}]


def test_a_closed_study_comes_first_with_the_verdict_and_its_interval_and_what_speaks_against_it(
    filled: WorkspacePaths, page: Page
) -> None:
    app = page("results")
    assert list(app.exception) == []
    assert app.selectbox[0].options[0] == "closed (closed)"
    shown = everything(app)
    assert not [rate for rate in RATES if rate not in shown]
    assert "95 % for readers and cases" in shown
    assert app.subheader[0].value == verdict_sentence(study_results(filled, StudyName("closed")).equivalence)
    assert not [word for word in ("d'", "Criterion", "Kappa", "Is a tumor seen as well") if word not in shown]
    assert len(app.get("plotly_chart")) == 2
    assert [one.label for one in app.metric][:3] == [
        "Real and synthetic told apart",
        "Synthetic images called real",
        "Real images called synthetic",
    ]
    assert "2** of 2 invited readers" in shown
    assert "Diversity was not measured in this study" in shown
    assert "held the truth in 91.7 %" in shown


@pytest.mark.usefixtures("filled")
def test_readers_stand_side_by_side(page: Page) -> None:
    app = tab(page, READERS)
    assert len(app.get("plotly_chart")) == 3  # accuracy, and d' with criterion of each question
    assert "not asked how sure" in everything(app)
    (table,) = (one.value for one in app.table)
    assert set(table["Reader"]) == {"first", "second"}
    assert not [name for name in ("n", "d'", "Criterion", "Kappa") if name not in table]


@pytest.mark.usefixtures("filled")
def test_images_that_deceived_are_shown_without_an_address(page: Page) -> None:
    app = tab(page, IMAGES)
    shown = everything(app)
    assert "Synthetic images most often called real" in shown
    assert "Real images most often called synthetic" in shown
    assert "HYPE-infinity" in shown
    bodies = "".join(element.proto.body for element in app.get("html"))
    assert "data:image/png;base64," in bodies
    assert re.search(r"\d of 2 called it (real|synthetic)", bodies)
    assert list(app.get("imgs")) == []


@pytest.mark.usefixtures("filled")
def test_agreement_drift_and_times_have_tables_and_figures(page: Page) -> None:
    app = tab(page, COURSE)
    shown = everything(app)
    words = ("Fleiss", "Krippendorff", "AC1", "per 100 trials", "Repeats alike", "quartiles")
    assert not [word for word in words if word not in shown]
    assert len(app.get("plotly_chart")) == 2


def test_the_last_tab_has_every_download_and_where_it_comes_from(filled: WorkspacePaths, page: Page) -> None:
    app = tab(page, DOWNLOADING)
    assert {one.label for one in app.get("download_button")} == DOWNLOADS
    assert str(study_provenance(filled, StudyName("closed"))["protocol_hash"]) in everything(app)


def test_every_table_is_in_the_zip_with_where_it_comes_from(filled: WorkspacePaths) -> None:
    content = tables_export(filled, StudyName("closed"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = set(archive.namelist())
        rates = pd.read_csv(archive.open("rates.csv"))
        told = json.loads(archive.read("provenance.json"))
    wanted = ("readers", "generators", "agreement", "tumor-by-truth", "drift-and-repeats", "response-times")
    assert {f"{name}.csv" for name in wanted} < names
    assert told == study_provenance(filled, StudyName("closed"))
    accuracy = study_results(filled, StudyName("closed")).overall.realism.accuracy
    assert rates["Correct, all readers"][0] == f"{accuracy.k} of {accuracy.n}"


def test_pictures_of_an_open_study_are_refused(filled: WorkspacePaths) -> None:
    study = study_status(filled, StudyName("study")).study
    with pytest.raises(RefusedError, match="Close it to see its results"):
        case_pictures(filled, study, [])


def test_the_numbers_are_those_of_the_analysis(filled: WorkspacePaths, page: Page) -> None:
    analysis = study_results(filled, StudyName("closed"))
    app = page("results")
    app.segmented_control[0].select("first").run()
    rates = app.table[0].value
    expected = analysis.per_reader["first"].realism.accuracy
    assert rates.iloc[0]["Correct"] == f"{expected.k} of {expected.n}"
    assert rates.iloc[0]["Estimate"] == f"{100 * expected.estimate:.1f} %"
    assert len(rates) == 6
    assert all("to" in interval for interval in rates["Wilson 95 %"])


def test_a_closed_study_that_nobody_read_is_one_line(filled: WorkspacePaths, page: Page) -> None:
    lock_study(filled, StudyName("draft"))
    close_study(filled, StudyName("draft"))
    app = opened_at(page, "draft")
    assert "Nobody read anything in draft" in app.error[0].value


@pytest.mark.usefixtures("filled")
def test_a_draft_has_neither_readers_nor_results(page: Page) -> None:
    app = opened_at(page, "draft")
    assert not app.dataframe
    assert "only counts of trials" in everything(app)


def test_the_json_download_is_the_analysis_with_its_study(filled: WorkspacePaths) -> None:
    content = study_results(filled, StudyName("closed")).to_json()
    assert json.loads(json.dumps(content))["readers"] == ["first", "second"]
