"""Who read, what was read, what is missing, and how it was seen. Readers are counts and ranges, never names."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from core.observer_performance.analysis import Analysis
from core.observer_performance.contingency import SIGNALS
from core.observer_performance.study_report.blocks import Block, Section, Table, aside, text
from core.observer_performance.study_report.facts import ReaderFacts, StudyFacts, ViewingFacts
from core.reading.protocol import Question
from core.reading.study import GRAY_RAMP_STEPS

EXPERIENCE_YEARS = ((0, 4), (5, 9), (10, 19), (20, None))


def participation_section(facts: StudyFacts, analysis: Analysis) -> Section:
    blocks: list[Block] = [
        _flow_table(facts.readers, analysis),
        _left_out_table(analysis, facts.study.protocol.questions),
    ]
    if facts.readers.n_simulated:
        blocks.append(aside(simulated_note(facts.readers.n_simulated)))
    if facts.readers.curators:
        blocks.append(aside(curators_note(facts.readers.curators)))
    return Section(
        title="Readers and readings", blocks=(*blocks, _profiles(facts.readers), _viewing(facts.viewing))
    )


def simulated_note(n: int) -> str:
    readers = "1 of the readers is" if n == 1 else f"{n} of the readers are"
    return f"{readers} simulated by this program, not people: the answers say nothing of physicians."


def curators_note(curators: Mapping[str, int]) -> str:
    """`curators`: how many of the study's images each had decided on."""
    each = ", ".join(f"{reader} on {n}" for reader, n in curators.items())
    return (
        f"Readers who had curated image sets of this study, and on how many of its images they decided: {each}. "
        "They may have known these images."
    )


def _flow_table(readers: ReaderFacts, analysis: Analysis) -> Table:
    rows = (
        ("Readers invited", readers.n_invited),
        ("Withdrawn: answers erased, hashes kept in the audit trail", readers.n_withdrawn),
        ("Answered at least once", readers.n_answered),
        ("Answered every trial", readers.n_complete),
        ("Trials of readers in the study that nobody answered", readers.n_unanswered),
        ("First presentations analyzed", analysis.n_presentations),
        ("Hidden repeats, used for test and retest only", analysis.n_repeats_left_out),
        ("Images judged by at least one reader", analysis.n_cases),
    )
    return Table(
        caption="Flow of readers and trials",
        header=("", "n"),
        rows=[(what, str(n)) for what, n in rows],
    )


def _left_out_table(analysis: Analysis, questions: Sequence[Question]) -> Table:
    counts = [(question, analysis.overall.of(question).counts) for question in questions]
    return Table(
        caption="First presentations that enter each question, and those that do not",
        header=("Question", "Enter", "Technical fault", "Not answered", "Reference unknown"),
        rows=[
            (
                SIGNALS[question].title,
                str(found.table.n),
                str(found.cannot_judge),
                str(found.missing),
                str(found.unknown_reference),
            )
            for question, found in counts
        ],
    )


def _profiles(readers: ReaderFacts) -> Table:
    profiles = readers.profiles
    n = len(profiles)
    rows = [("Years of experience", label, _of(k, n)) for label, k in _experience(profiles)]
    rows += [("Specialty", name, _of(k, n)) for name, k in Counter(_values(profiles, "specialty")).most_common()]
    rows += [
        ("Board certified", "yes", _of(_n_true(profiles, "board_certified"), n)),
        ("Has seen synthetic images before", "yes", _of(_n_true(profiles, "seen_synthetic_before"), n)),
        (
            "Gray-ramp check before the reading",
            f"all {GRAY_RAMP_STEPS} patches seen",
            _of(sum(value == str(GRAY_RAMP_STEPS) for value in _values(profiles, "gray_ramp_steps")), n),
        ),
    ]
    return Table(caption="Readers who answered, by what they stated", header=("", "", "Readers"), rows=rows)


def _experience(profiles: Sequence[Mapping[str, object]]) -> list[tuple[str, int]]:
    years = [int(value) for value in _values(profiles, "years_of_experience")]
    found = []
    for low, high in EXPERIENCE_YEARS:
        k = sum(low <= one and (high is None or one <= high) for one in years)
        if k:
            found.append((f"{low} or more" if high is None else f"{low} to {high}", k))
    return found


def _values(profiles: Iterable[Mapping[str, object]], name: str) -> list[str]:
    return [str(profile[name]) for profile in profiles if name in profile]


def _n_true(profiles: Iterable[Mapping[str, object]], name: str) -> int:
    return sum(profile.get(name) is True for profile in profiles)


def _of(k: int, n: int) -> str:
    return f"{k} of {n}"


def _viewing(viewing: ViewingFacts) -> Block:
    width, height = viewing.smallest_viewport
    low, high = viewing.zoom
    return text(
        f"Over {viewing.n_responses} presentations the smallest browser window was {width} x {height} CSS pixels; "
        f"each image pixel was enlarged to {low}" + (f" to {high}" if high != low else "") + " device pixels.",
        f"In {viewing.n_windowed} of them window or level had been changed.",
        f"Of them {viewing.n_interrupted} were interrupted (the page hidden or the server away) and "
        f"{viewing.n_long_idle} had a pause of over 60 s: they are kept.",
    )
