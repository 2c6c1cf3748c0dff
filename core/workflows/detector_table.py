"""The paper's table 1 beside ours: what the conditions come to on one test partition, and how they differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from core.detection.condition import PAPER_TABLE_1, Condition
from core.detection.performance import (
    ConditionScores,
    Estimate,
    Measure,
    TestSet,
    differences,
    estimates,
    roc_curve,
    scored,
)
from core.detection.run_folder import Prediction
from core.errors import RefusedError
from core.identifiers import CohortName, ReleaseName, RunName
from core.settings import WorkspacePaths
from core.workflows.detectors import DetectorRun, all_detectors, detector_predictions

_PAPER_MEASURES = (Measure.ACCURACY, Measure.SENSITIVITY, Measure.SPECIFICITY)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRow:
    """Runs that differ in their seeds only. `confusion` over all of them: [truth][decision], tumor first."""

    condition: Condition
    runs: tuple[RunName, ...]
    seeds: tuple[int, ...]
    releases: tuple[ReleaseName, ...]
    attested: tuple[str, ...]
    measures: Mapping[Measure, Estimate]
    confusion: tuple[tuple[int, int], tuple[int, int]]

    @property
    def paper(self) -> dict[Measure, float]:
        return dict(zip(_PAPER_MEASURES, PAPER_TABLE_1[self.condition], strict=True))

    def to_json(self) -> dict[str, object]:
        return {
            "condition": self.condition,
            "runs": len(self.runs),
            "run_names": list(self.runs),
            "seeds": list(self.seeds),
            "releases": list(self.releases),
            "attested": list(self.attested),
            **{str(measure): estimate.to_json() for measure, estimate in self.measures.items()},
            "paper": dict(self.paper),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`condition` minus `reference`, paired by patient."""

    condition: Condition
    reference: Condition
    measures: Mapping[Measure, Estimate]

    def to_json(self) -> dict[str, object]:
        of_measures = {str(measure): estimate.to_json() for measure, estimate in self.measures.items()}
        return {"condition": self.condition, "reference": self.reference, **of_measures}


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorTable:
    """`left_out`: finished runs of the cohort and recipe that cannot be put beside these, by why not."""

    cohort: CohortName
    recipe: str
    n_images: int
    n_patients: int
    conditions: Sequence[ConditionRow]
    differences: Sequence[Difference]
    left_out: Mapping[RunName, str]

    def to_json(self) -> dict[str, object]:
        return {
            "cohort": self.cohort,
            "recipe": self.recipe,
            "test_images": self.n_images,
            "test_patients": self.n_patients,
            "conditions": [row.to_json() for row in self.conditions],
            "differences": [one.to_json() for one in self.differences],
            "left_out": dict(self.left_out),
        }


def detector_table(
    paths: WorkspacePaths,
    *,
    cohort: CohortName | None = None,
    recipe: str | None = None,
    like: RunName | None = None,
) -> DetectorTable:
    """Of a cohort and recipe, those that can be compared with the last finished run of them, or with `like`.

    Runs of a condition are averaged over their seeds. Where there are some with other releases of synthetic images,
    those of `like` or of the last run that used any count. Raises RefusedError where none has finished.
    """
    runs = [
        run
        for run in all_detectors(paths)
        if run.is_finished and cohort in (None, run.cohort) and recipe in (None, run.recipe)
    ]
    last = next((run for run in reversed(runs) if like in (None, run.name)), None)
    if last is None:
        of = f" of {cohort}" if cohort else ""
        raise RefusedError(f"No detector run{of} has finished yet.", "`mrturing detector run` makes one.")
    groups, left_out = _grouped(
        [run for run in runs if (run.cohort, run.recipe) == (last.cohort, last.recipe)], last
    )
    predictions = {run.name: detector_predictions(paths, run.name) for group in groups.values() for run in group}
    test = _test_set(predictions[last.name])
    scores = {
        condition: scored(test, [_log_odds(predictions[run.name]) for run in group])
        for condition, group in groups.items()
    }
    return DetectorTable(
        cohort=last.cohort,
        recipe=last.recipe,
        n_images=len(test.is_tumor),
        n_patients=test.n_patients,
        conditions=[_row(condition, group, scores[condition], predictions) for condition, group in groups.items()],
        differences=[
            Difference(condition=one, reference=other, measures=differences(scores[one], scores[other]))
            for other, one in combinations(groups, 2)
        ],
        left_out=left_out,
    )


def run_measures(predictions: Sequence[Prediction]) -> dict[Measure, Estimate]:
    """Of one run."""
    return estimates(scored(_test_set(predictions), [_log_odds(predictions)]))


def run_roc(predictions: Sequence[Prediction]) -> list[tuple[float, float]]:
    """False positive rate and sensitivity of one run, from (0, 0) to (1, 1)."""
    return roc_curve(_test_set(predictions).is_tumor, _log_odds(predictions))


def _grouped(
    runs: Sequence[DetectorRun], like: DetectorRun
) -> tuple[dict[Condition, list[DetectorRun]], dict[RunName, str]]:
    """`like` first: it stands in the table whatever the others are."""
    in_order = [like, *(run for run in reversed(runs) if run.name != like.name)]
    groups: dict[Condition, dict[int, DetectorRun]] = {condition: {} for condition in Condition}
    left_out: dict[RunName, str] = {}
    synthetic: DetectorRun | None = None  # whose releases all have
    for run in in_order:
        of_seed = groups[run.condition]
        if run.test_fingerprint != like.test_fingerprint:
            left_out[run.name] = "measured on other test images"
        elif run.settings != like.settings:
            left_out[run.name] = f"learned in another way, or from other real images, than {like.name}"
        elif synthetic and run.frozen and run.frozen != synthetic.frozen:
            left_out[run.name] = f"learned from other releases than {synthetic.name}"
        elif run.seed in of_seed:
            left_out[run.name] = f"has the seed of {of_seed[run.seed].name}"
        else:
            of_seed[run.seed] = run
            synthetic = synthetic or (run if run.frozen else None)
    return {
        condition: [of_seed[seed] for seed in sorted(of_seed)] for condition, of_seed in groups.items() if of_seed
    }, left_out


def _row(
    condition: Condition,
    group: Sequence[DetectorRun],
    scores: ConditionScores,
    predictions: Mapping[RunName, Sequence[Prediction]],
) -> ConditionRow:
    said = [one for run in group for one in predictions[run.name]]
    counts = [
        [
            sum(one.image.is_tumor == truth and (one.log_odds > 0) == decision for one in said)
            for decision in (True, False)
        ]
        for truth in (True, False)
    ]
    return ConditionRow(
        condition=condition,
        runs=tuple(run.name for run in group),
        seeds=tuple(run.seed for run in group),
        releases=group[0].releases,
        attested=tuple(sorted({one for run in group for one in run.attested})),
        measures=estimates(scores),
        confusion=((counts[0][0], counts[0][1]), (counts[1][0], counts[1][1])),
    )


def _test_set(predictions: Sequence[Prediction]) -> TestSet:
    _, subjects = np.unique([one.image.subject for one in predictions], return_inverse=True)
    return TestSet(subjects=subjects, is_tumor=np.array([one.image.is_tumor for one in predictions]))


def _log_odds(predictions: Sequence[Prediction]) -> NDArray[np.float64]:
    return np.array([one.log_odds for one in predictions], np.float64)
