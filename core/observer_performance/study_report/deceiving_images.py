"""Which generators and which images misled the readers."""

from collections.abc import Mapping

from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis
from core.observer_performance.deception import ImageDeception, hype_infinity
from core.observer_performance.study_report.answered import asked_questions
from core.observer_performance.study_report.blocks import Section, Table, aside
from core.observer_performance.wording import NOT_ESTIMABLE, interval_text, percent
from core.reading.protocol import Question

IMAGES_LISTED = 5
CASE_ID_DIGITS = 8
SHRINKAGE_NOTE = (
    "A shrunken share is drawn toward the mean of all, the more the less images differ beyond chance: where all "
    "are the same, nothing says that one image deceives more than another."
)


def images_section(analysis: Analysis, image_set_of_case: Mapping[str, str]) -> Section | None:
    """Which generators misled most, and which images several readers; None where realism was not asked."""
    if Question.REALISM not in asked_questions(analysis):
        return None
    hype = aside(hype_text(analysis))
    if len(analysis.readers) == 1:
        return Section(title="Images", blocks=(generators_table(analysis), hype))
    tables = [images_table(analysis, truth, image_set_of_case) for truth in reversed(ImageKind)]
    note = aside(
        f"{SHRINKAGE_NOTE} A case is named by the first {CASE_ID_DIGITS} digits of its case_id in the exported "
        "responses."
    )
    return Section(title="Images", blocks=(generators_table(analysis), hype, *tables, note))


def generators_table(analysis: Analysis) -> Table:
    several = len(analysis.readers) > 1
    return Table(
        caption="Synthetic images called real, by generator",
        header=(
            "Generator",
            "Called real",
            "Share",
            "95 % for readers and images" if several else "Wilson 95 %",
            "Shrunken share",
        ),
        rows=[
            (
                found.generator or "not stated",
                f"{found.called_real.k} of {found.called_real.n}",
                percent(found.called_real.estimate),
                interval_text(found.ci95) or NOT_ESTIMABLE,
                percent(found.shrunken),
            )
            for found in analysis.generators
        ],
    )


def images_table(
    analysis: Analysis, truth: ImageKind, image_set_of_case: Mapping[str, str], *, most: int = IMAGES_LISTED
) -> Table:
    """The images of one truth that were taken for the other most often."""
    wrong = called_instead(truth)
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
            for image in most_misjudged(analysis, truth, most=most)
        ],
    )


def most_misjudged(analysis: Analysis, truth: ImageKind, *, most: int) -> list[ImageDeception]:
    """The images of one truth that were ever misjudged, the most misjudged first."""
    misjudged = sorted(
        (image for image in analysis.images if image.truth is truth and image.misjudged),
        key=lambda image: (-(image.shrunken or 0.0), -image.misjudged / image.n, -image.n),
    )
    return misjudged[:most]


def called_instead(truth: ImageKind) -> ImageKind:
    return ImageKind.REAL if truth is ImageKind.SYNTHETIC else ImageKind.SYNTHETIC


def hype_text(analysis: Analysis) -> str:
    rates = hype_infinity(analysis.overall.realism.counts.table)
    shares = [NOT_ESTIMABLE if rate is None else f"{rate:.1f} %" for rate in rates.values()]
    return (
        f"HYPE-infinity, the share of wrong answers: {shares[0]} of all images, {shares[1]} of synthetic and "
        f"{shares[2]} of real ones."
    )
