"""Every table of a study's results, to be taken elsewhere."""

from collections.abc import Mapping

from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis
from core.observer_performance.study_report.accuracy_tables import (
    detection_table,
    rates_table,
    readers_table,
    tumor_by_truth_table,
)
from core.observer_performance.study_report.answered import asked_questions, shown
from core.observer_performance.study_report.blocks import Table, filled_table
from core.observer_performance.study_report.deceiving_images import generators_table, images_table
from core.observer_performance.study_report.in_short import key_table
from core.observer_performance.study_report.stability import (
    agreement_table,
    drift_table,
    pairs_table,
    times_table,
)
from core.reading.protocol import Question


def result_tables(analysis: Analysis, image_set_of_case: Mapping[str, str]) -> dict[str, Table]:
    """By a name that can be a file's; images are listed all. Tables with nothing in them are left out."""
    asked, everybody = asked_questions(analysis), shown(analysis)
    tables = {
        "in-short": key_table(analysis),
        "rates": rates_table(everybody),
        "signal-detection": detection_table(everybody),
        "readers": readers_table(analysis),
        "drift-and-repeats": drift_table(everybody),
        "response-times": times_table(everybody),
    }
    if len(analysis.readers) > 1:
        tables |= {"agreement": agreement_table(analysis), "agreement-of-pairs": pairs_table(analysis)}
    if Question.TUMOR in asked:
        tables["tumor-by-truth"] = tumor_by_truth_table(everybody)
    if Question.REALISM in asked:
        tables["generators"] = generators_table(analysis)
        for truth in ImageKind:
            tables[f"misjudged-{truth}-images"] = images_table(
                analysis, truth, image_set_of_case, most=len(analysis.images)
            )
    return {name: filled_table(table) for name, table in tables.items() if table.rows}
