"""Every command: its JSON for scripts, its lines for a person, its exit status."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import pytest
import typer

from core.cli.main import app
from core.identifiers import StudyName
from core.settings import WorkspacePaths
from core.workflows.demo import Demo
from core.workflows.studies import study_status
from tests.command_line import mrturing
from tests.phantom_patients import write_patients
from tests.phantoms import LockedStudy
from tests.reading_robot import read

SETS = ("--real", "real-tumor", "--real", "real-nontumor", "--synthetic", "synthetic-tumor")
SETS += ("--synthetic", "synthetic-nontumor")
ARMS = ("real tumor", "real nontumor", "synthetic tumor", "synthetic nontumor")
RATE_KEYS = {"k", "n", "estimate", "wilson95", "clopper_pearson95", "p_vs_half"}


def done(*words: object, workspace: Path | None = None) -> Mapping[str, object]:
    """Run a command that must succeed, both ways of speaking checked, and return its JSON."""
    outcome = mrturing(*words, "--json", workspace=workspace)
    assert (outcome.code, outcome.stderr) == (0, "")
    return outcome.json


def refused(*words: object, workspace: Path | None = None) -> str:
    """Run a command that must be refused, on stderr for a person and as JSON for a script."""
    spoken = mrturing(*words, workspace=workspace)
    assert (spoken.code, spoken.stdout) == (1, "")
    assert "Traceback" not in spoken.stderr
    outcome = mrturing(*words, "--json", workspace=workspace)
    assert (outcome.code, outcome.stderr) == (1, "")
    error = outcome.json["error"]
    assert outcome.json.keys() == {"error"}
    assert error.keys() == {"what", "next_step"}
    assert spoken.stderr == f"{error['what']}\n{error['next_step']}\n"
    return spoken.stderr


def leaf_commands(group: object = None, words: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    node = typer.main.get_command(app) if group is None else group
    children = getattr(node, "commands", None)
    if children is None:
        return [words]
    return [leaf for name, child in children.items() for leaf in leaf_commands(child, (*words, name))]


@pytest.mark.parametrize("words", leaf_commands(), ids=" ".join)
def test_every_command_has_help_and_knows_wrong_usage(words: tuple[str, ...]) -> None:
    helped = mrturing(*words, "--help")
    assert (helped.code, helped.stderr) == (0, "")
    assert f"mrturing {' '.join(words)}" in helped.stdout
    wrong = mrturing(*words, "--no-such-option")
    assert (wrong.code, wrong.stdout) == (2, "")
    assert "No such option" in wrong.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("study", "create"),
        ("images", "import", ".", "--name", "a", "--kind", "fake", "--tumor-status", "tumor"),
        ("images", "import", ".", "--name", "a"),
        ("study", "create", "a", *SETS, "--per-arm", "many"),
        ("study", "create", "a", *SETS, "--seed", "-1"),
        ("cohort", "simulate", "--name", "a", "--seed", "-1"),
        ("generator", "sample", "a", "--name", "b", "--seed", "-1"),
        ("generator", "train", "--cohort", "a"),
        ("generator", "train", "--cohort", "a", "--tumor-status", "tumor", "--recipe", "best"),
        ("generator", "show", "a"),
        ("no-such-command",),
    ],
)
def test_wrong_usage_ends_with_2(words: tuple[str, ...], tmp_path: Path) -> None:
    outcome = mrturing(*words, workspace=tmp_path / "workspace")
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr
    assert not (tmp_path / "workspace").exists()


@pytest.mark.parametrize(
    "words",
    [
        ("cohort", "list"),
        ("cohort", "delete", "a"),
        ("images", "list"),
        ("images", "show", "a"),
        ("images", "delete", "a"),
        ("generator", "train", "--cohort", "a", "--tumor-status", "tumor"),
        ("study", "status"),
        ("study", "lock", "a"),
        ("study", "invite", "a", "--reader", "r"),
        ("study", "results", "a"),
        ("doctor",),
        ("backup", "copy.db"),
    ],
)
def test_without_a_workspace_each_command_says_how_to_make_one(words: tuple[str, ...], tmp_path: Path) -> None:
    said = refused(*words, workspace=tmp_path / "absent")
    assert "There is no workspace at" in said
    assert not (tmp_path / "absent").exists()


def test_cohorts_come_are_listed_and_go(patients: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    imported = done("cohort", "import", patients, "--name", "glioma", workspace=workspace)
    assert imported.keys() >= {"cohort", "subjects", "images", "screened_out", "skipped", "image_sets"}
    assert (imported["cohort"], imported["subjects"], imported["skipped"]) == ("glioma", 3, [])
    assert imported["images"] == {"tumor": 15, "nontumor": 21, "unknown": 0}
    assert imported["image_sets"] == ["glioma-tumor", "glioma-nontumor"]
    assert done("cohort", "list", workspace=workspace) == {"cohorts": [{"name": "glioma", "subjects": 3}]}
    assert "glioma: 3 subjects" in mrturing("cohort", "list", workspace=workspace).stdout
    assert "There is a cohort 'glioma' already" in refused(
        "cohort", "import", patients, "--name", "glioma", workspace=workspace
    )
    assert done("cohort", "delete", "glioma", workspace=workspace)["deleted"] is True
    assert done("cohort", "list", workspace=workspace) == {"cohorts": []}
    assert "mrturing cohort import" in mrturing("cohort", "list", workspace=workspace).stdout


def test_a_cohort_import_tells_a_person_the_counts(patients: Path, tmp_path: Path) -> None:
    outcome = mrturing("cohort", "import", patients, "--name", "glioma", workspace=tmp_path / "workspace")
    assert (outcome.code, outcome.stderr) == (0, "")
    for words in ("glioma: 3 subjects", "15 tumor images", "24 slices screened out: near_tumor"):
        assert words in outcome.stdout


def test_simulated_patients_are_a_cohort_and_can_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(folder: Path, n_patients: int, **_: object) -> None:
        write_patients(folder, n_patients)

    monkeypatch.setattr("core.cohort.simulation.cohort_files.write_cohort", write)
    made = done(
        *("cohort", "simulate", "--name", "sim", "--patients", 2, "--nifti-dir", tmp_path / "nifti"),
        workspace=tmp_path / "workspace",
    )
    assert made.keys() >= {"cohort", "subjects", "images", "screened_out", "skipped", "image_sets"}
    assert made["subjects"] == 2
    assert {path.name for path in (tmp_path / "nifti").iterdir()} == {"p0", "p1"}
    done("cohort", "simulate", "--name", "more", workspace=tmp_path / "workspace")
    assert len(done("cohort", "list", workspace=tmp_path / "workspace")["cohorts"]) == 2


@pytest.mark.parametrize("folder", [(), ("--nifti-dir", "/proc/nifti")])
def test_patients_that_cannot_be_simulated(tmp_path: Path, folder: tuple[str, ...]) -> None:
    patients = 0 if not folder else 1
    said = refused(
        *("cohort", "simulate", "--name", "none", "--patients", patients, *folder), workspace=tmp_path / "workspace"
    )
    assert ("/proc" if folder else "0 patients cannot be simulated") in said


def test_images_are_augmented(workspace: Path) -> None:
    words = ("images", "augment", "synthetic-tumor", "--name", "classical", "-n", 30, "--seed", 2)
    assert done(*words, workspace=workspace) == {
        "image_set": "classical",
        "images": 30,
        "source": "synthetic-tumor",
        "seed": 2,
    }
    listed = {entry["name"]: entry for entry in done("images", "list", workspace=workspace)["image_sets"]}
    assert (listed["classical"]["kind"], listed["classical"]["tumor_status"]) == ("synthetic", "tumor")
    assert "already" in refused(*words, workspace=workspace)
    assert "transformed already" in refused(
        "images", "augment", "classical", "--name", "again", workspace=workspace
    )


def test_images_come_are_shown_handed_out_and_go(workspace: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert done("images", "export", "synthetic-tumor", out, workspace=workspace)["images"] == 12
    (out / "tumor" / "bad.png").write_text("no image")
    imported = done(
        *("images", "import", out / "tumor", "--name", "gan", "--kind", "synthetic", "--tumor-status", "tumor"),
        *("--trained-on", "glioma:training"),
        workspace=workspace,
    )
    assert (imported["image_set"], imported["images"]) == ("gan", 12)
    (skipped,) = imported["skipped"]
    assert skipped.keys() == {"path", "reason"}
    assert skipped["path"] == "bad.png"
    listed = {entry["name"]: entry for entry in done("images", "list", workspace=workspace)["image_sets"]}
    assert listed["gan"].keys() >= {"name", "kind", "tumor_status", "images", "sha256"}
    assert (listed["gan"]["kind"], listed["gan"]["tumor_status"], listed["gan"]["images"]) == (
        "synthetic",
        "tumor",
        12,
    )
    shown = done("images", "show", "gan", "--sheet", tmp_path / "sheet.png", workspace=workspace)
    assert len(shown["images"]) == 12
    assert {"id", "seed", "source"} <= shown["images"][0].keys()
    assert cv2.imread(str(tmp_path / "sheet.png")) is not None
    assert done("images", "delete", "gan", workspace=workspace)["deleted"] is True
    assert len(done("images", "list", workspace=workspace)["image_sets"]) == 4


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("images", "show", "absent"), "no image set 'absent'"),
        (("images", "show", "real-tumor", "--sheet", "/nowhere/sheet.png"), "/nowhere/sheet.png"),
        (("images", "export", "real-tumor", "/proc/out"), "/proc/out"),
        (("images", "delete", "absent"), "no image set 'absent'"),
        (("cohort", "delete", "absent"), "no cohort 'absent'"),
        (("cohort", "import", "/nowhere", "--name", "a"), "/nowhere is not a folder"),
        (("generator", "sample", "absent", "--name", "a"), "no generator run 'absent'"),
        (("generator", "pause", "absent"), "no generator run 'absent'"),
        (("generator", "delete", "absent"), "no generator run 'absent'"),
        (("fidelity", "absent", "--cohort", "a"), "no image set 'absent'"),
        (("fidelity", "real-tumor", "--cohort", "absent"), "no cohort 'absent'"),
        (("generator", "train", "--cohort", "absent", "--tumor-status", "tumor"), "no cohort 'absent'"),
        (("study", "create", "a b", *SETS), "'a b' cannot name a study"),
        (("study", "create", "a", *SETS, "--per-arm", 13), "real tumor has 12 different images that fit, 13 were"),
        (("study", "create", "a", *SETS, "--most-per-subject", 0), "0 slices per patient"),
        (("study", "create", "a", "--real", "absent", "--synthetic", "b"), "no image set 'absent'"),
        (("study", "lock", "absent"), "no study 'absent'"),
        (("study", "status", "absent"), "no study 'absent'"),
        (("study", "results", "absent"), "no study 'absent'"),
        (("study", "delete", "absent"), "no study 'absent'"),
        (("analyze", "/nowhere.csv"), "/nowhere.csv"),
        (("restore", "/nowhere.db"), "has a database already"),
        (("backup", "/proc/copy.db"), "/proc"),
    ],
)
def test_what_cannot_be_done_is_said(workspace: Path, words: tuple[object, ...], said: str) -> None:
    assert said in refused(*words, workspace=None if words[0] == "analyze" else workspace)


@pytest.mark.parametrize("text", ["glioma", "glioma:all", ":training", "glioma:training:x"])
def test_trained_on_is_cohort_and_partition(workspace: Path, tmp_path: Path, text: str) -> None:
    said = refused(
        *("images", "import", tmp_path, "--name", "a", "--kind", "synthetic", "--tumor-status", "tumor"),
        *("--trained-on", text),
        workspace=workspace,
    )
    assert "is not COHORT:PARTITION" in said
    assert "training, validation, test" in said


def test_a_generator_is_trained_listed_and_drawn_from(patients: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    done("cohort", "import", patients, "--name", "glioma", workspace=workspace)
    assert done("generator", "list", workspace=workspace) == {"runs": [], "unreadable": []}
    request = ("--cohort", "glioma", "--tumor-status", "tumor", "--recipe", "eigenimage")
    run = done("generator", "train", *request, workspace=workspace)
    assert run.keys() >= {"run", "kimg", "resolution", "checkpoint"}
    assert Path(str(run["checkpoint"])).is_file()
    drawn = done("generator", "sample", run["run"], "-n", 3, "--seed", 5, "--name", "gan", workspace=workspace)
    assert drawn == {"image_set": "gan", "images": 3}
    listed = done("generator", "list", workspace=workspace)["runs"]
    assert [(one["run"], one["trained_on"], one["state"]) for one in listed] == [
        (run["run"], "glioma:training", "finished")
    ]
    sheet, way = tmp_path / "sheet.png", tmp_path / "way.gif"
    done("generator", "show", run["run"], "-n", 4, "--sheet", sheet, workspace=workspace)
    done("generator", "interpolate", run["run"], "--seeds", 1, "--seeds", 2, "--frames", way, workspace=workspace)
    assert (sheet.read_bytes()[:4], way.read_bytes()[:4]) == (b"\x89PNG", b"GIF8")
    said = refused(
        *("generator", "interpolate", run["run"], "--seeds", 1, "--seeds", 2, "--frames", tmp_path / "way.mp4"),
        workspace=workspace,
    )
    assert "neither a PNG nor a GIF" in said
    assert done("generator", "delete", run["run"], workspace=workspace)["deleted"] is True
    assert done("generator", "list", workspace=workspace) == {"runs": [], "unreadable": []}


def test_a_pggan_is_trained_gone_on_with_and_foreseen_by_command(patients: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    done("cohort", "import", patients, "--name", "glioma", workspace=workspace)
    request = ("--cohort", "glioma", "--tumor-status", "tumor", "--recipe", "smoke", "--kimg", 0.04, "--batch", 4)
    foreseen = done("generator", "probe", *request, "--resolution", 8, workspace=workspace)
    assert foreseen["seconds"] > 0
    assert foreseen["kimg_by_resolution"] == {"8": 0.04}
    run = done("generator", "train", *request, "--resolution", 8, "--name", "small", workspace=workspace)
    assert (run["run"], run["kimg"], run["resolution"], run["state"]) == ("small", 0.04, 8, "finished")
    assert done("generator", "train", "--resume", "small", workspace=workspace) == run
    for words, said in (
        (("train", "--resume", "small", "--kimg", 5), "--kimg cannot be changed"),
        (("train", "--resume", "small", "--recipe", "light"), "recipe smoke, not light"),
        (("train", "--resume", "absent"), "no generator run 'absent'"),
        (("pause", "small"), "is not training"),
        (("stop", "small"), "is finished"),
    ):
        assert said in refused("generator", *words, workspace=workspace)


def test_a_study_from_its_making_to_its_results(workspace: Path, tmp_path: Path) -> None:
    created = done("study", "create", "s", *SETS, "--per-arm", 2, workspace=workspace)
    assert created == {"study": "s", "cases": 8, "arms": dict.fromkeys(ARMS, 2), "trials": 8}
    assert done("study", "status", "s", workspace=workspace)["state"] == "draft"
    locked = done("study", "lock", "s", workspace=workspace)
    assert locked["study"] == "s"
    assert len(str(locked["protocol_hash"])) == 64
    invited = done(
        *("study", "invite", "s", "--reader", "r", "--base-url", "https://x.example"), workspace=workspace
    )
    assert (invited["study"], invited["reader"]) == ("s", "r")
    assert str(invited["url"]).startswith("https://x.example/join/")
    assert "already invited" in refused("study", "invite", "s", "--reader", "r", workspace=workspace)
    study = LockedStudy(paths=WorkspacePaths(workspace), name=StudyName("s"))
    read(study.paths, study.cookie("r", again=True))
    status = done("study", "status", "s", workspace=workspace)
    assert status.keys() >= {"study", "state", "readers"}
    assert status["readers"] == [{"reader": "r", "trials": 8, "responses": 8, "withdrawn": False}]
    assert done("study", "status", workspace=workspace)["studies"] == [status]
    assert done("study", "close", "s", workspace=workspace)["state"] == "closed"
    results = done("study", "results", "s", workspace=workspace)
    assert results.keys() >= {"study", "state", "protocol_hash", "readers", "realism", "tumor", "per_reader"}
    assert (results["study"], results["state"], results["readers"]) == ("s", "closed", ["r"])
    assert results["protocol_hash"] == locked["protocol_hash"]
    for question in ("realism", "tumor"):
        for rate in ("accuracy", "sensitivity", "specificity"):
            assert results[question][rate].keys() >= RATE_KEYS
    exported = done("study", "export", "s", tmp_path / "responses.csv", workspace=workspace)
    assert exported["responses"] == 8
    assert exported["audit_trail"]["length"] == results["audit_trail"]["length"] + 1
    printed = tmp_path / "responses.csv.provenance.json"
    assert json.loads(printed.read_text())["audit_trail"] == exported["audit_trail"]
    assert done("doctor", "--provenance", printed, workspace=workspace)["ok"] is True
    analyzed = done("analyze", tmp_path / "responses.csv")
    assert analyzed["realism"] == results["realism"]
    assert analyzed["tumor"] == results["tumor"]
    spoken = mrturing("study", "results", "s", workspace=workspace).stdout
    assert "Wilson 95 %" in spoken
    assert exported["audit_trail"]["head"] in spoken


def test_a_reader_withdraws_once(locked: Path) -> None:
    study = LockedStudy(paths=WorkspacePaths(locked), name=StudyName("study"))
    read(study.paths, study.cookie("r"), most=3)
    withdrawn = done("study", "withdraw", "study", "--reader", "r", workspace=locked)
    assert withdrawn == {"study": "study", "reader": "r", "withdrawn": True, "erased_responses": 3}
    assert "r has withdrawn" in refused("study", "withdraw", "study", "--reader", "r", workspace=locked)
    assert "r has withdrawn" in refused("study", "invite", "study", "--reader", "r", "--again", workspace=locked)
    assert "no reader 'x'" in refused("study", "withdraw", "study", "--reader", "x", workspace=locked)
    (reader,) = done("study", "status", "study", workspace=locked)["readers"]
    assert reader == {"reader": "r", "trials": 8, "responses": 0, "withdrawn": True}
    assert "r: withdrawn" in mrturing("study", "status", "study", workspace=locked).stdout
    assert done("doctor", workspace=locked) == {"ok": True, "findings": []}


def test_before_the_close_results_are_counts_of_trials(locked: Path, tmp_path: Path) -> None:
    study = LockedStudy(paths=WorkspacePaths(locked), name=StudyName("study"))
    read(study.paths, study.cookie("r"), most=3)
    results = done("study", "results", "study", workspace=locked)
    assert results.keys() == {"study", "state", "protocol_hash", "readers"}
    assert results["readers"] == [{"reader": "r", "trials": 8, "responses": 3, "withdrawn": False}]
    spoken = mrturing("study", "results", "study", workspace=locked).stdout
    assert "r: 3 of 8 read" in spoken
    assert not any(word in spoken.lower() for word in ("accuracy", "sensitivity", "%", "matrix"))
    assert "Close it" in refused("study", "export", "study", tmp_path / "a.csv", workspace=locked)


def test_drafts_can_be_deleted_and_what_was_locked_stays(workspace: Path, locked_master: Path) -> None:
    done("study", "create", "s", *SETS, "--per-arm", 1, workspace=workspace)
    assert done("study", "delete", "s", workspace=workspace)["deleted"] is True
    assert done("study", "status", workspace=workspace) == {"studies": []}
    assert "Only drafts" in refused("study", "delete", "study", workspace=locked_master)


def test_what_a_researcher_decides_reaches_the_protocol(workspace: Path) -> None:
    done(
        *("study", "create", "s", *SETS, "--per-arm", 1, "--seed", 7, "--partition", "training"),
        *("--most-per-subject", 2, "--min-slice-spacing", 3, "--question", "tumor", "--confidence", "--confirm"),
        *("--prevalence-text", "A few are synthetic."),
        workspace=workspace,
    )
    protocol = study_status(WorkspacePaths(workspace), StudyName("s")).study.protocol
    assert (protocol.seed, protocol.questions, protocol.confirm) == (7, ("tumor",), True)
    assert protocol.scale == "confidence"
    assert protocol.prevalence_text == "A few are synthetic."
    sampling = protocol.sampling
    assert (sampling.partition, sampling.most_per_subject, sampling.min_slice_spacing) == ("training", 2, 3)


def test_the_further_design_reaches_the_protocol(locked: Path) -> None:
    done(
        *("study", "create", "s", *SETS, "--per-arm", 2, "--scale", "six-step", "--phases", "tumor-first"),
        *("--repeats", 2, "--repeat-distance", 3, "--practice", 4, "--break-every", 6),
        *("--margin", 0.12, "--alpha", 0.01, "--tumor-floor", 0.8, "--repeat-floor", 0.7, "--washout-days", 28),
        *("--replaces", "study"),
        workspace=locked,
    )
    protocol = study_status(WorkspacePaths(locked), StudyName("s")).study.protocol
    assert (protocol.scale, protocol.replaces) == ("six-step", "study")
    shown, planned = protocol.presentation, protocol.planned
    assert (shown.repeats, shown.repeat_distance, shown.practice, shown.break_every) == (2, 3, 4, 6)
    assert shown.phases == "tumor-first"
    assert planned is not None
    assert (planned.margin, planned.alpha, planned.washout_days) == (0.12, 0.01, 28)
    assert (planned.tumor_accuracy_floor, planned.repeat_agreement_floor) == (0.8, 0.7)
    assert "no room" in refused("study", "create", "t", *SETS, "--per-arm", 1, "--repeats", 2, workspace=locked)


def test_backup_doctor_and_restore(locked: Path, tmp_path: Path) -> None:
    assert done("doctor", workspace=locked) == {"ok": True, "findings": []}
    saved = done("backup", tmp_path / "copy.db", workspace=locked)
    assert saved.keys() == {"file", "sha256"}
    assert "exists already" in refused("backup", tmp_path / "copy.db", workspace=locked)
    done("restore", tmp_path / "copy.db", workspace=tmp_path / "new")
    outcome = mrturing("doctor", "--json", workspace=tmp_path / "new")
    assert (outcome.code, outcome.json["ok"], len(outcome.json["findings"])) == (1, False, 4)
    assert "are missing" in mrturing("doctor", workspace=tmp_path / "new").stdout


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "mrturing.db").write_bytes(b"no database" * 1000)
    for words in (("doctor",), ("images", "list"), ("study", "status")):
        assert "file is not a database" in refused(*words, workspace=tmp_path)


def test_a_workspace_that_is_a_file_is_one_line(tmp_path: Path, patients: Path) -> None:
    (tmp_path / "file").touch()
    refused("cohort", "import", patients, "--name", "a", workspace=tmp_path / "file")
    refused("images", "list", workspace=tmp_path / "file")


def test_the_demo_prints_both_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def built(_: WorkspacePaths, *, base_url: str, **__: object) -> Demo:
        return Demo(study=StudyName("demo"), reader_url=f"{base_url}/join/r", researcher_url=f"{base_url}/join/x")

    monkeypatch.setattr("core.cli.main.build_demo", built)
    content = done("demo", "--base-url", "https://x.example", workspace=tmp_path)
    assert content.keys() >= {"workspace", "study", "reader_url", "researcher_url"}
    assert content["workspace"] == str(tmp_path)
    assert (
        "https://x.example/join/r" in mrturing("demo", "--base-url", "https://x.example", workspace=tmp_path).stdout
    )


def test_the_app_prints_its_links_and_becomes_streamlits_server(
    locked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr("core.workflows.serve.os.execve", lambda *arguments: started.extend(arguments))
    monkeypatch.setattr("core.workflows.serve.os.chdir", started.append)
    outcome = mrturing("app", "--port", 9999, "--base-url", "https://x.example", workspace=locked)
    assert outcome.code == 0
    assert "Researcher:  https://x.example/join/" in outcome.stdout
    folder, program, command, environment = started
    assert (folder / "app.py").is_file()
    assert command[0] == program
    assert {"9999", "x.example"} <= set(command)
    assert environment["MRTURING_WORKSPACE"] == str(locked)


def test_the_environment_names_the_workspace(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MRTURING_WORKSPACE", str(workspace))
    assert len(done("images", "list")["image_sets"]) == 4


def test_the_installed_command_refuses_without_a_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-c", "from core.cli.main import main; main()", "doctor", "--json"]
    run = subprocess.run(
        [*command, "--workspace", str(tmp_path / "absent")], capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stderr) == (1, "")
    assert json.loads(run.stdout)["error"]["what"].startswith("There is no workspace at")
