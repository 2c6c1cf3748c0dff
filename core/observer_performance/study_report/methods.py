"""The methods as a paper would give them, each sentence from the protocol and the records."""

from collections.abc import Sequence

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.planning import expectation
from core.observer_performance.study_report.blocks import Paragraph, Section, Table, text
from core.observer_performance.study_report.facts import SourceFacts, StudyFacts
from core.reading.case import Arm
from core.reading.design import Goal, Phases, PlannedAnalysis, Presentation
from core.reading.protocol import Protocol, Question
from core.reading.remedies import Remedies
from core.reading.trial import TRIALS_AHEAD

QUESTION_WORDS = {
    Question.REALISM: "whether it is real or synthetic",
    Question.TUMOR: "whether it shows a tumor",
}


def methods_section(facts: StudyFacts, analysis: Analysis) -> Section:
    protocol = facts.study.protocol
    return Section(
        title="Methods",
        blocks=(
            _design(facts),
            _images(facts),
            _sets_table(facts.sources),
            _arms_table(facts),
            _sampling(protocol),
            _conduct(protocol),
            _sample_size(protocol, analysis.equivalence.planned),
            _statistics(protocol, analysis),
        ),
    )


def _design(facts: StudyFacts) -> Paragraph:
    protocol = facts.study.protocol
    arms = joined([f"{protocol.arms[arm]} {arm}" for arm in Arm if protocol.arms[arm]])
    questions = " and ".join(QUESTION_WORDS[question] for question in protocol.questions)
    highest = protocol.scale.highest_confidence
    confidence = f" and how sure they were, in {highest} steps" if highest else ""
    return text(
        f"In this reader study each reader was to judge {protocol.n_cases} axial, contrast-enhanced T1-weighted "
        f"brain images in arms of {arms} images.",
        f"Of each image readers said {questions}{confidence}; an image could be given back as a technical fault.",
        f"Readers were told: “{protocol.prevalence_text}”",
        f"The protocol was frozen on {day(facts.study.locked_at)}, before the first reading, and the study was "
        f"closed on {day(facts.study.closed_at)}; no result could be seen in between.",
        "Truth (real or synthetic) is known by construction; tumor status is the reference that came with each "
        "image set.",
    )


def _images(facts: StudyFacts) -> Paragraph:
    real = [source for source in facts.sources if not source.is_synthetic]
    synthetic = [source for source in facts.sources if source.is_synthetic]
    enlarged = [
        f"{source.image_set.name} (up to {source.largest_enlargement:.2f} times)"
        for source in facts.sources
        if source.largest_enlargement > 1
    ]
    remedies = facts.study.protocol.remedies
    return text(
        *map(_source_sentence, (*real, *synthetic)),
        "All images are 256 x 256 pixels of 8 bits, made alike for all arms; a volume is scaled as a whole, with "
        "air at 0 and the 99.9th percentile of brain at 235.",
        f"Enlarged were images of {joined(enlarged)}." if enlarged else "",
        f"To all stimuli alike was applied: {remedies}." if remedies != Remedies() else "",
    )


def _source_sentence(source: SourceFacts) -> str:
    image_set = source.image_set
    named = (
        f"the set {image_set.name}"
        if source.release is None
        else (f"the release {source.release.name} of the set {image_set.name}")
    )
    if not source.is_synthetic:
        origin = f"the cohort {image_set.cohort}" if image_set.cohort else f"imported files ({_origin(source)})"
        return f"Real {image_set.tumor_status} images are of {named}, from {origin}."
    return (
        f"Synthetic {image_set.tumor_status} images are of {named}, made by {_origin(source)}, "
        f"{_trained_on(source)}."
    )


def _origin(source: SourceFacts) -> str:
    provenance = source.image_set.provenance
    generator, recipe = provenance.get("generator"), provenance.get("recipe")
    if generator:
        return f"the generator {generator}" + (f" (recipe {recipe})" if recipe else "")
    folder = provenance.get("source")
    if source.is_synthetic:
        return "a generator elsewhere" + (f" (imported from {folder})" if folder else "")
    return str(folder or "origin not stated")


def _trained_on(source: SourceFacts) -> str:
    trained_on = source.image_set.trained_on
    if trained_on is None:
        return "trained on patients that are not stated"
    how = "attested by who imported it" if trained_on.attested else "as recorded at its training"
    return f"trained on {trained_on} ({how})"


def _sets_table(sources: Sequence[SourceFacts]) -> Table:
    return Table(
        caption="Image sets: how many images there were, and how many were drawn",
        header=("Set", "Kind", "Tumor status", "Images in the set", "Shown", "Generator", "Trained on", "SHA-256"),
        rows=[
            (
                str(source.image_set.name),
                str(source.image_set.kind),
                str(source.image_set.tumor_status),
                str(source.image_set.n_images),
                str(source.n_shown),
                str(source.image_set.provenance.get("generator") or ("not stated" if source.is_synthetic else "")),
                _trained_on_cell(source),
                source.image_set.sha256[:12],
            )
            for source in sources
        ],
    )


def _trained_on_cell(source: SourceFacts) -> str:
    trained_on = source.image_set.trained_on
    if trained_on is None:
        return "not stated" if source.is_synthetic else ""
    return f"{trained_on}" + (" (attested)" if trained_on.attested else "")


def _arms_table(facts: StudyFacts) -> Table:
    return Table(
        caption="Arms: images of one patient are not independent",
        header=("Arm", "Images", "Patients", "Most images of one patient"),
        rows=[
            (
                str(arm.arm).capitalize(),
                str(arm.n_images),
                str(arm.n_subjects or "not applicable"),
                str(arm.most_of_one_subject or "not applicable"),
            )
            for arm in facts.arms
        ],
    )


def _sampling(protocol: Protocol) -> Paragraph:
    sampling = protocol.sampling
    partition = f"the {sampling.partition} partition" if sampling.partition else "all partitions"
    most = f"at most {sampling.most_per_subject}" if sampling.most_per_subject else "no limit to the number of"
    return text(
        f"Images were drawn at random with the seed {protocol.seed}; patients took turns, so that an arm holds as "
        "many patients as possible, and an image whose pixels were in the study already was passed over.",
        f"Real images came from {partition}, with {most} slices of one patient in an arm and at least "
        f"{sampling.min_slice_spacing} slice{'s' if sampling.min_slice_spacing > 1 else ''} from one to the next.",
    )


def _conduct(protocol: Protocol) -> Paragraph:
    return text(
        "Readers read alone by personal links, at their own pace and on their own screens, in a browser; each saw "
        "the images in an order of their own that follows from the protocol hash and the reader.",
        "The browser received neither truth nor source: images carry random ids that differ from reader to reader, "
        "the same size in bytes and no metadata, and each was fetched once, at most "
        f"{TRIALS_AHEAD} ahead.",
        "No answer was preselected, no feedback was given, and a submitted answer could not be changed"
        + (" (a key confirmed each submission)." if protocol.confirm else "."),
        _course(protocol.presentation),
        "Window, level and zoom were free and recorded, response times run from the first paint to the answer.",
    )


def _course(shown: Presentation) -> str:
    parts = []
    if shown.phases is Phases.TUMOR_FIRST:
        parts.append(
            "The tumor question was asked of all images first; only then were readers told of synthetic images."
        )
    if shown.practice:
        parts.append(f"{shown.practice} other images were practiced on first, without feedback, and not analyzed.")
    parts.append(
        f"{shown.repeats} images were shown a second time, at least {shown.repeat_distance} trials later; only "
        "first presentations are analyzed, the second ones tell how steady a reader is."
        if shown.repeats
        else "No image was to be judged twice."
    )
    return " ".join(parts)


def _sample_size(protocol: Protocol, planned: PlannedAnalysis) -> Paragraph:
    size = protocol.sample_size
    if size is None:
        return text("Sample size: the protocol states no reason for the number of images and readers.")
    expected = expectation(size, planned)
    goal = "differs from 50 %" if size.goal is Goal.DIFFERENCE else f"lies within 50 ± {100 * planned.margin:g} %"
    needed = (
        f"{expected.images_needed} images are needed" if expected.images_needed else "no number of images is enough"
    )
    width = expected.interval_width
    source = f"as estimated from the study {size.pilot}" if size.pilot else "as assumed"
    return text(
        f"Sample size: the protocol planned for {size.n_readers} readers of {size.n_images} images each; it has "
        f"{protocol.n_cases} images.",
        f"To show at {planned.alpha:g} that one reader's accuracy {goal}, with a power of {100 * size.power:g} % "
        f"if it is {100 * size.accuracy:g} %, {needed} by the exact test; {size.n_images} images have a power of "
        f"{100 * expected.power:.1f} %.",
        f"The SD of accuracy was taken for {100 * size.reader_sd:.1f} points between readers and "
        f"{100 * size.case_sd:.1f} between images of one truth, {source}"
        + (f": the 95 % interval across readers was to be {100 * width:.1f} points wide." if width else "."),
    )


def _statistics(protocol: Protocol, analysis: Analysis) -> Paragraph:
    planned = analysis.equivalence.planned
    several = len(analysis.readers) > 1
    signals = joined(
        [f"“{SIGNALS[question].present}” in the {question} question" for question in protocol.questions]
    )
    return text(
        f"The signal is {signals}. Of each reader, rates are given"
        " with Wilson and Clopper-Pearson 95 % intervals and exact binomial tests against one half, d' and "
        "criterion with the log-linear correction, Cohen's kappa with the truth, and, where confidence was asked, "
        "the area under the ROC curve with DeLong's interval.",
        "Across readers, accuracy and AUC are estimated for readers and cases like these (Obuchowski-Rockette, "
        "degrees of freedom after Hillis); pooled answers are shown as counts without intervals, because answers "
        "of one reader, and answers to one image, are not independent."
        if several
        else "",
        f"Equivalence means an accuracy within 50 ± {100 * planned.margin:g} %, by two one-sided tests at "
        f"{planned.alpha:g}; it is withheld where tumor accuracy is below "
        f"{100 * planned.tumor_accuracy_floor:g} % or agreement on repeats below "
        f"{100 * planned.repeat_agreement_floor:g} %.",
        _planned(protocol.planned),
        "Answers that are missing stay missing; nothing was imputed, and no slow answer was dropped.",
    )


def _planned(planned: PlannedAnalysis | None) -> str:
    if planned is None:
        return "Margin, alpha and floors are the program's own: this protocol fixed none before the reading."
    washout = f" and a washout of {planned.washout_days} days" if planned.washout_days else ""
    return (
        f"The protocol fixed them before the reading, with {planned.primary_endpoint} as primary endpoint{washout}."
    )


def joined(words: Sequence[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def day(at: str | None) -> str:
    return at[:10] if at else "a day that is not recorded"
