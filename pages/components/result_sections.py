"""The sections of a closed study's results: each is drawn when its tab is open."""

from collections.abc import Mapping

import streamlit as st

from core.figures.confusion import realism_matrix, tumor_matrix
from core.figures.deception import deception_by_generator
from core.figures.readers import accuracy_by_reader, detection_by_reader, roc_curves
from core.figures.reading_course import accuracy_by_quarter, times_by_arm
from core.imageset.record import ImageKind
from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.deception import ImageDeception
from core.observer_performance.report_study import sparse_readers_note
from core.observer_performance.study_report.accuracy_tables import (
    detection_table,
    rates_table,
    readers_table,
    tumor_by_truth_table,
)
from core.observer_performance.study_report.answered import Shown, asked_questions, shown
from core.observer_performance.study_report.deceiving_images import (
    SHRINKAGE_NOTE,
    called_instead,
    generators_table,
    hype_text,
    most_misjudged,
)
from core.observer_performance.study_report.stability import (
    agreement_table,
    drift_table,
    pairs_table,
    times_table,
)
from core.reading.protocol import Question
from core.reading.study import Study
from core.settings import WorkspacePaths
from core.workflows.blinding import case_pictures
from pages.components.charts import draw, page_theme
from pages.components.private_pictures import show_pictures
from pages.components.result_tables import show_table

ALL_READERS = "All readers"
PICTURES_SHOWN = 8
PICTURE_PX = 200


def accuracy_section(analysis: Analysis) -> None:
    """Confusion matrices, rates, signal detection, and the tumor question by truth."""
    whose = _whose(analysis, "accuracy of")
    _matrices(whose)
    show_table(rates_table(whose))
    if whose.across and (note := sparse_readers_note(analysis)):
        st.caption(note)
    show_table(detection_table(whose))
    if Question.TUMOR in whose.questions and Question.REALISM in whose.questions:
        show_table(tumor_by_truth_table(whose))


def readers_section(analysis: Analysis) -> None:
    """Each reader beside the others."""
    asked = asked_questions(analysis)
    draw(accuracy_by_reader(analysis, asked, page_theme()), key="accuracy by reader")
    for question in asked:
        draw(detection_by_reader(analysis, question, page_theme()), key=f"detection {question}")
    curves = roc_curves(analysis, asked, page_theme())
    if curves is None:
        st.caption("There is no ROC curve: readers were not asked how sure they are.")
    else:
        draw(curves, key="roc")
    show_table(readers_table(analysis))


def images_section(paths: WorkspacePaths, study: Study, analysis: Analysis) -> None:
    """Which generators and which images misled; pictures as readers saw them."""
    if Question.REALISM not in asked_questions(analysis):
        st.info("Readers were not asked whether an image is real or synthetic.")
        return
    draw(deception_by_generator(analysis.generators, page_theme()), key="generators")
    show_table(generators_table(analysis))
    st.caption(hype_text(analysis))
    misjudged = {truth: most_misjudged(analysis, truth, most=PICTURES_SHOWN) for truth in reversed(ImageKind)}
    wanted = [image.case_id for images in misjudged.values() for image in images]
    pictures = case_pictures(paths, study, wanted)
    for truth, images in misjudged.items():
        st.subheader(f"{str(truth).capitalize()} images most often called {called_instead(truth)}")
        _gallery(images, pictures, truth)
    st.caption(SHRINKAGE_NOTE)


def steadiness_section(analysis: Analysis) -> None:
    """Agreement between readers and with themselves, drift, response times."""
    if len(analysis.readers) > 1:
        show_table(agreement_table(analysis))
        with st.expander("Every two readers"):
            show_table(pairs_table(analysis))
    whose = _whose(analysis, "course of")
    draw(accuracy_by_quarter(analysis, whose.performance, whose.questions, page_theme()), key="quarters")
    show_table(drift_table(whose))
    draw(times_by_arm(whose.performance, whose.questions, page_theme()), key="times")
    show_table(times_table(whose))


def _whose(analysis: Analysis, key: str) -> Shown:
    """All readers or one of them, as chosen."""
    if len(analysis.readers) == 1:
        return shown(analysis)
    choices = [ALL_READERS, *analysis.readers]
    choice = st.segmented_control("Answers of", choices, default=ALL_READERS, key=key)
    return shown(analysis, choice if choice in analysis.per_reader else None)


def _matrices(whose: Shown) -> None:
    results = [whose.performance.of(question) for question in whose.questions]
    for column, result in zip(st.columns(2), results, strict=False):
        matrix = tumor_matrix if result.counts.question is Question.TUMOR else realism_matrix
        with column:
            draw(matrix(result.counts, page_theme()), key=SIGNALS[result.counts.question].title)


def _gallery(images: list[ImageDeception], pictures: Mapping[str, tuple[str, bytes]], truth: ImageKind) -> None:
    if not images:
        st.write("None was.")
        return
    captions = [
        f"{image.misjudged} of {image.n} called it {called_instead(truth)}"
        + (f"; shrunken {100 * image.shrunken:.0f} %" if image.shrunken is not None else "")
        for image in images
    ]
    found = [pictures[image.case_id] for image in images]
    shown_here = [(words, name, png) for words, (name, png) in zip(captions, found, strict=True)]
    show_pictures(shown_here, size_px=PICTURE_PX)
