"""Which generators and which images misled the readers."""

from collections.abc import Mapping

from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis
from core.observer_performance.deception import hype_infinity
from core.observer_performance.study_report.answered import asked_questions
from core.observer_performance.study_report.blocks import Section, Table, aside
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, percent
from core.reading.protocol import Question

IMAGES_LISTED = 5
CASE_ID_DIGITS = 8


def images_section(analysis: Analysis, image_set_of_case: Mapping[str, str]) -> Section | None:
    """Which generators misled most, and which images several readers; None where realism was not asked."""
    if Question.REALISM not in asked_questions(analysis):
        return None
    generators = Table(
        caption="Synthetic images called real, by generator",
        header=("Generator", "Called real", "Share", "Shrunken share", "Wilson 95 %"),
        rows=[
            (
                found.generator or "not stated",
                f"{found.called_real.k} of {found.called_real.n}",
                percent(found.called_real.estimate),
                percent(found.shrunken),
                interval_text(found.called_real.wilson95),
            )
            for found in analysis.generators
        ],
    )
    hype = aside(_hype(analysis))
    if len(analysis.readers) == 1:
        return Section(title="Images", blocks=(generators, hype))
    tables = [_images_table(analysis, truth, image_set_of_case) for truth in reversed(ImageKind)]
    note = aside(f"A case is named by the first {CASE_ID_DIGITS} digits of its case_id in the exported responses.")
    return Section(title="Images", blocks=(generators, hype, *tables, note))


def _hype(analysis: Analysis) -> str:
    rates = hype_infinity(analysis.overall.realism.counts.table)
    shares = [NOT_ESTIMABLE if rate is None else f"{rate:.1f} %" for rate in rates.values()]
    return (
        f"HYPE-infinity, the share of wrong answers: {shares[0]} of all images, {shares[1]} of synthetic and "
        f"{shares[2]} of real ones."
    )


def _images_table(analysis: Analysis, truth: ImageKind, image_set_of_case: Mapping[str, str]) -> Table:
    misjudged = sorted(
        (image for image in analysis.images if image.truth is truth and image.misjudged),
        key=lambda image: (-(image.shrunken or 0.0), -image.misjudged / image.n, -image.n),
    )
    wrong = "real" if truth is ImageKind.SYNTHETIC else "synthetic"
    return Table(
        caption=f"{str(truth).capitalize()} images most often called {wrong}",
        header=("Case", "Image set", f"Called {wrong}", "Shrunken share"),
        rows=[
            (
                image.case_id[:CASE_ID_DIGITS],
                image_set_of_case.get(image.case_id, ""),
                f"{image.misjudged} of {image.n}",
                percent(image.shrunken),
            )
            for image in misjudged[:IMAGES_LISTED]
        ],
    )
