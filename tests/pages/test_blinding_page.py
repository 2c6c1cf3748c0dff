"""The audit's page: what leaks, with pictures that have no address, and the lock with a reason."""

from collections.abc import Callable

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from core.identifiers import ImageId, ImageSetName, StudyName
from core.imageset.record import ImageKind, ImageRecord, TumorStatus
from core.reading.study import StudyState
from core.settings import WorkspacePaths
from core.workflows.blinding import locked_audit
from core.workflows.image_sets import NewImageSet, add_image_set
from core.workflows.studies import StudyPlan, create_study, study_status
from tests.phantoms import phantom_images, plan

Page = Callable[..., AppTest]
LEAKY = StudyName("leaky")
REASON = "A pilot, to see whether readers notice"


@pytest.fixture
def leaky(filled: WorkspacePaths) -> WorkspacePaths:
    """One more draft: its synthetic images have no exact black."""
    for seed, status in enumerate((TumorStatus.TUMOR, TumorStatus.NONTUMOR), start=30):
        records = [ImageRecord(image_id=ImageId(f"h{n}"), tumor_status=status) for n in range(8)]
        new = NewImageSet(name=ImageSetName(f"hazy-{status}"), kind=ImageKind.SYNTHETIC, tumor_status=status)
        add_image_set(filled, new, records, (np.maximum(image, 3) for image in phantom_images(8, seed)))
    real, sets = plan().real_sets, [ImageSetName("hazy-tumor"), ImageSetName("hazy-nontumor")]
    create_study(filled, StudyPlan(name=LEAKY, real_sets=real, synthetic_sets=sets, per_arm=8))
    return filled


def opened_on(page: Page, label: str) -> AppTest:
    app = page("blinding")
    app.selectbox[0].select(label).run()
    assert list(app.exception) == []
    return app


def texts(app: AppTest) -> str:
    kinds = (app.markdown, app.caption, app.warning, app.error, app.success)
    return "\n".join(element.value for elements in kinds for element in elements)


def test_leaks_are_named_with_what_to_do(leaky: WorkspacePaths, page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    (error,) = app.error
    assert "Exact-zero air" in error.value
    assert "Mend that before the lock" in error.value
    assert "Set a common background floor" in texts(app)
    assert study_status(leaky, LEAKY).study.state is StudyState.DRAFT


@pytest.mark.usefixtures("leaky")
def test_the_worst_pictures_stand_in_the_page_and_have_no_address(page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    shown = [element.proto.body for element in app.get("html")]
    assert any("data:image/png;base64," in body and "hazy-" in body for body in shown)
    assert list(app.get("imgs")) == []


@pytest.mark.usefixtures("leaky")
def test_both_tiers_stand_apart_and_the_farthest_comes_first(page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    artifacts, content = (table.value for table in app.table)
    assert artifacts["Verdict"].iloc[0] == "leak"
    assert "Verdict" not in content.columns
    for table in (artifacts, content):
        distances = [abs(float(auc) - 0.5) for auc in table["AUC"]]
        assert distances == sorted(distances, reverse=True)


@pytest.mark.usefixtures("leaky")
def test_remedies_are_tried(page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    next(one for one in app.button if one.label == "Try remedies").click()
    app.run()
    assert list(app.exception) == []
    assert "background floor 8: mends" in texts(app)


def test_a_reason_locks_and_is_shown_from_then_on(leaky: WorkspacePaths, page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    next(one for one in app.text_input if one.label == "Reason").set_value(REASON)
    next(one for one in app.button if one.label == "Lock with this reason").click()
    app.run()
    assert list(app.exception) == []
    assert study_status(leaky, LEAKY).study.state is StudyState.LOCKED
    kept = locked_audit(leaky, LEAKY)
    assert kept is not None
    assert kept.override_reason == REASON
    assert REASON in texts(opened_on(page, "leaky (locked)"))
    assert REASON in texts(page("studies"))


def test_without_a_reason_it_stays_a_draft(leaky: WorkspacePaths, page: Page) -> None:
    app = opened_on(page, "leaky (draft)")
    next(one for one in app.button if one.label == "Lock with this reason").click()
    app.run()
    assert list(app.exception) == []
    assert study_status(leaky, LEAKY).study.state is StudyState.DRAFT


@pytest.mark.usefixtures("filled")
def test_a_study_of_few_images_has_no_leak(page: Page) -> None:
    app = opened_on(page, "closed (closed)")
    assert "No pipeline artifact was found" in app.success[0].value


def test_a_leak_on_the_studies_page_is_one_line(leaky: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    app.button(key="lock leaky").click().run()
    (error,) = app.error
    assert "Blinding audit page" in error.value
    assert study_status(leaky, LEAKY).study.state is StudyState.DRAFT


def test_a_new_study_takes_remedies(filled: WorkspacePaths, page: Page) -> None:
    app = page("studies")
    next(one for one in app.text_input if one.label == "Name").set_value("mended")
    next(one for one in app.number_input if one.label == "Images per arm").set_value(2)
    next(one for one in app.number_input if one.label == "Common gray step").set_value(4)
    real = next(one for one in app.multiselect if one.label == "Real image sets")
    real.set_value([name for name in real.value if name.startswith("real-")])
    next(one for one in app.button if one.label == "Draw the cases").click()
    app.run()
    assert list(app.exception) == []
    assert study_status(filled, StudyName("mended")).study.protocol.remedies.gray_step == 4
    assert "gray step 4" in texts(app)
