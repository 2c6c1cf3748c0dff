"""Patients and library: bringing in, handing out, deleting, on a page."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import UnknownElement

from core.imageset.record import ImageKind, TumorStatus
from core.settings import WorkspacePaths
from core.workflows.cohorts import all_cohorts
from core.workflows.image_sets import all_image_sets
from tests.phantom_patients import write_patients
from tests.phantoms import phantom_images

Page = Callable[..., AppTest]


def click(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def write(app: AppTest, label: str, text: str, nth: int = 0) -> None:
    [one for one in app.text_input if one.label == label][nth].set_value(text)


def choose(app: AppTest, label: str, value: object) -> None:
    next(one for one in app.selectbox if one.label == label).set_value(value)


def errors(app: AppTest) -> list[str]:
    assert list(app.exception) == []
    return [error.value for error in app.error]


def names(paths: WorkspacePaths) -> set[str]:
    return {entry.name for entry in all_image_sets(paths)}


def test_patients_are_imported_with_a_line_per_bad_file(empty: WorkspacePaths, page: Page, tmp_path: Path) -> None:
    folder = write_patients(tmp_path / "BraTS", 2)
    (folder / "p1" / "p1_t1ce.nii.gz").write_text("no volume")
    app = page("cohorts")
    write(app, "Folder on the app's computer", str(folder))
    write(app, "Cohort name", "glioma")
    click(app, "Import")
    assert errors(app) == []
    assert "glioma: 1 patients" in app.success[0].value
    assert "1 could not be used" in app.warning[0].value
    assert "p1_t1ce.nii.gz" in app.dataframe[0].value.to_string()
    assert [cohort.name for cohort in all_cohorts(empty)] == ["glioma"]


@pytest.mark.parametrize(
    ("folder", "name", "words"),
    [
        ("/nowhere", "new", "/nowhere is not a folder"),
        ("", "new", "No folder is named"),
        (None, "glioma", "already"),
    ],
)
def test_patients_that_cannot_be_imported_are_one_line(
    filled: WorkspacePaths, page: Page, tmp_path: Path, folder: str | None, name: str, words: str
) -> None:
    app = page("cohorts")
    source = str(write_patients(tmp_path / "in", 1)) if folder is None else folder
    write(app, "Folder on the app's computer", source)
    write(app, "Cohort name", name)
    click(app, "Import")
    (error,) = errors(app)
    assert words in error
    assert len(all_cohorts(filled)) == 1


def test_patients_are_simulated(empty: WorkspacePaths, page: Page, monkeypatch: pytest.MonkeyPatch) -> None:
    def fake(folder: Path, n_patients: int, **_: object) -> None:
        write_patients(folder, n_patients)

    monkeypatch.setattr("core.cohort.simulation.cohort_files.write_cohort", fake)
    app = page("cohorts")
    write(app, "Cohort name", "sim", nth=1)
    next(one for one in app.number_input if one.label == "Patients").set_value(2)
    click(app, "Simulate")
    assert errors(app) == []
    assert [(cohort.name, cohort.n_subjects) for cohort in all_cohorts(empty)] == [("sim", 2)]


def test_a_cohort_is_deleted_with_its_sets(filled: WorkspacePaths, page: Page) -> None:
    app = page("cohorts")
    app.button(key="delete cohort glioma").click().run()
    assert errors(app) == []
    assert all_cohorts(filled) == []
    assert not {name for name in names(filled) if name.startswith("glioma")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "gan"
    path.mkdir()
    for number, image in enumerate(phantom_images(2, seed=77)):
        Image.fromarray(image).save(path / f"{number}.png")
    return path


def test_a_folder_is_imported_with_what_its_owner_says_of_it(
    filled: WorkspacePaths, page: Page, folder: Path
) -> None:
    app = page("library")
    write(app, "Folder on the app's computer", str(folder))
    write(app, "Name of the image set", "gan")
    choose(app, "These images are", ImageKind.SYNTHETIC)
    choose(app, "All of them show", TumorStatus.TUMOR)
    choose(app, "The generator was trained on", "glioma")
    click(app, "Import")
    assert errors(app) == []
    imported = next(entry for entry in all_image_sets(filled) if entry.name == "gan")
    assert str(imported.trained_on) == "glioma:training"
    assert imported.trained_on is not None
    assert imported.trained_on.attested


def test_a_folder_is_not_imported_unless_its_owner_says_what_it_is(
    filled: WorkspacePaths, page: Page, folder: Path
) -> None:
    app = page("library")
    write(app, "Folder on the app's computer", str(folder))
    write(app, "Name of the image set", "gan")
    assert {one.value for one in app.selectbox if one.label in ("These images are", "All of them show")} == {None}
    click(app, "Import")
    (error,) = errors(app)
    assert "real or synthetic" in error
    assert "gan" not in names(filled)


@pytest.mark.parametrize(
    ("name", "source", "words"),
    [
        ("real-tumor", None, "already"),
        ("a/b", None, "cannot name"),
        ("gan", "/nowhere", "/nowhere is not a folder"),
    ],
)
def test_a_folder_that_cannot_be_imported_is_one_line(
    filled: WorkspacePaths, page: Page, folder: Path, name: str, source: str | None, words: str
) -> None:
    app = page("library")
    write(app, "Folder on the app's computer", source or str(folder))
    write(app, "Name of the image set", name)
    choose(app, "These images are", ImageKind.REAL)
    choose(app, "All of them show", TumorStatus.TUMOR)
    click(app, "Import")
    (error,) = errors(app)
    assert words in error
    assert len(names(filled)) == 6


def selected(app: AppTest, name: str) -> AppTest:
    choice = next(one for one in app.selectbox if one.label == "Image set")
    return choice.select(next(option for option in choice.options if option.startswith(f"{name} "))).run()


def test_every_set_can_be_looked_at(filled: WorkspacePaths, page: Page) -> None:
    app = page("library")
    for name in sorted(names(filled)):
        app = selected(app, name)
        assert errors(app) == []
        assert [one.value for one in app.subheader] == [name]
        (gallery,) = (one for one in app.main if isinstance(one, UnknownElement) and "bidi" in one.type)
        assert json.loads(gallery.proto.json)["image_set"] == name


def test_a_set_is_handed_out(filled: WorkspacePaths, page: Page) -> None:
    app = selected(page("library"), "real-tumor")
    click(app, "Export")
    assert errors(app) == []
    assert len(list((filled.exports / "real-tumor" / "tumor").glob("*.png"))) == 12
    app = selected(app, "real-tumor")
    click(app, "Export")
    (error,) = errors(app)
    assert "is not empty" in error


def test_a_set_is_deleted_unless_a_study_uses_it(filled: WorkspacePaths, page: Page) -> None:
    app = selected(page("library"), "glioma-tumor")
    app.button(key="delete image set glioma-tumor").click().run()
    assert errors(app) == []
    assert "glioma-tumor" not in names(filled)
    app = selected(app, "real-tumor")
    app.button(key="delete image set real-tumor").click().run()
    (error,) = errors(app)
    assert "is used by the study" in error
    assert "real-tumor" in names(filled)


def test_damaged_pixels_are_one_line(filled: WorkspacePaths, page: Page) -> None:
    filled.image_set("real-tumor").write_bytes(b"half")
    app = selected(page("library"), "real-tumor")
    (error,) = errors(app)
    assert "real-tumor.npy cannot be read" in error
