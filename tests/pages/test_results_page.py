"""Results are shown of closed studies; of others, how many trials were read."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from core.identifiers import StudyName
from core.observer_performance.conclusion import verdict_sentence
from core.settings import WorkspacePaths
from core.workflows.results import study_results
from core.workflows.studies import close_study, lock_study

Page = Callable[..., AppTest]
DOWNLOADS = {"Report (HTML)", "Report (PDF)", "Responses (CSV)", "Analysis (JSON)", "iMRMC (CSV)"}
RATES = ("Accuracy", "Sensitivity", "Specificity", "Estimate")


def everything(app: AppTest) -> str:
    tables = [frame.value.to_string() for frame in (*app.dataframe, *app.table)]
    texts = [one.value for kind in (app.markdown, app.caption, app.info, app.subheader) for one in kind]
    return "\n".join([*tables, *texts])


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


def test_a_closed_study_comes_first_with_verdict_matrices_rates_and_downloads(
    filled: WorkspacePaths, page: Page
) -> None:
    app = page("results")
    assert list(app.exception) == []
    assert app.selectbox[0].options[0] == "closed (closed)"
    shown = everything(app)
    assert not [rate for rate in RATES if rate not in shown]
    assert "Readers are pooled" in shown
    assert app.subheader[0].value == verdict_sentence(study_results(filled, StudyName("closed")).equivalence)
    assert not [word for word in ("d'", "Criterion", "Kappa", "Fleiss", "in 100 trials") if word not in shown]
    assert len(app.get("plotly_chart")) == 3
    assert {one.label for one in app.get("download_button")} == DOWNLOADS
    assert "2** of 2 invited readers" in shown


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
