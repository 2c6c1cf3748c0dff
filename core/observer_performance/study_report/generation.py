"""How many images there were before anybody chose: what screening left out, and what generators made."""

from collections.abc import Iterator
from pathlib import PurePath

from core.cohort.record import Cohort
from core.observer_performance.report_study import DIVERSITY_NOTE
from core.observer_performance.study_report.blocks import Block, Section, Table, text
from core.observer_performance.study_report.facts import DiscardingFacts, ReleaseFacts, SourceFacts, StudyFacts


def generation_section(facts: StudyFacts) -> Section:
    """Screening of each cohort, the history of each synthetic set, and what realism does not say."""
    screening = [
        Table(
            caption=f"Cohort {cohort.name} ({_cohort_source(cohort)}), {cohort.n_subjects} patients: "
            "slices screened out",
            header=("Rule", "Slices"),
            rows=[(rule.replace("_", " "), str(n)) for rule, n in cohort.screened_out.items()]
            + [("volumes that could not be imported", str(len(cohort.skipped)))],
        )
        for cohort in facts.cohorts
    ]
    generated = [block for source in facts.sources for block in _history(source)]
    diversity = f"Diversity was not measured in this study. {DIVERSITY_NOTE}"
    return Section(title="Screening and generation", blocks=(*screening, *generated, text(diversity)))


def _history(source: SourceFacts) -> Iterator[Block]:
    if source.release is not None:
        yield text(*_curated(source, source.release))
        if source.release.discarded:
            yield _reasons_table(source.image_set.name, source.release)
    elif source.is_synthetic:
        yield text(_generated(source))
    if source.corrections is not None:
        found = source.corrections
        yield text(
            f"{source.image_set.name}: curators had excluded {found.n_excluded} of its images, which were not "
            f"drawn, and corrected the tumor status of {found.n_corrected}, which counts."
        )


def _curated(source: SourceFacts, release: ReleaseFacts) -> Iterator[str]:
    image_set = source.image_set
    if source.is_synthetic and release.n_generated is None:
        yield f"{image_set.name}: how many images were generated is not known."
    elif source.is_synthetic:
        yield f"{image_set.name}: {release.n_generated} images were generated."
    people = "1 curator" if release.n_curators == 1 else f"{release.n_curators} curators"
    yield (
        f"{people} reviewed {release.n_reviewed} of the {image_set.n_images} images of {image_set.name} and "
        f"discarded {release.n_discarded}; {release.n_kept} were kept, {release.n_corrected} of them with a "
        f"corrected tumor status, as the release {release.name} (SHA-256 {release.sha256})."
    )
    if release.rest is not None:
        low, high = release.rest.interval95
        yield (
            f"{release.rest.n_images} of those kept were looked at by nobody: by a random sample of "
            f"{release.rest.n_sample}, {release.rest.discard_rate:.1%} of them would be discarded (95 % "
            f"{low:.1%} to {high:.1%})."
        )
    yield f"{source.n_shown} of the {release.n_kept} were drawn at random."
    if release.discarding is not None:
        yield _what_discarding_did(release.discarding)


def _what_discarding_did(found: DiscardingFacts) -> str:
    """Realism and diversity: never one without the other."""
    low, high = found.distance_ratio95
    return (
        f"Before discarding {found.odd_before:.1%} of the images were odder than 95 % of real ones, after it "
        f"{found.odd_after:.1%}; the mean distance between two images became {found.distance_ratio:.1%} of what it "
        f"was (95 % {low:.1%} to {high:.1%}): below 100 % discarding narrowed the set."
    )


def _reasons_table(name: str, release: ReleaseFacts) -> Table:
    rows = [(reason.replace("_", " "), str(n)) for reason, n in release.discarded.items()]
    return Table(caption=f"Images of {name} that were discarded", header=("Reason", "Images"), rows=rows)


def _generated(source: SourceFacts) -> str:
    image_set = source.image_set
    drawn = f"{source.n_shown} of its {image_set.n_images} images were drawn at random"
    if source.n_discarded_since:
        drawn += f"; {source.n_discarded_since} were discarded after that"
    n_generated = image_set.provenance.get("n_generated")
    if not isinstance(n_generated, int):
        return (
            f"{image_set.name}: how many images were generated, and whether any were discarded before the import, "
            f"is not known; {drawn}."
        )
    if n_generated == image_set.n_images and not source.n_discarded_since:
        return f"{image_set.name}: {n_generated} images were generated, none was discarded (uncurated); {drawn}."
    return f"{image_set.name}: {n_generated} images were generated, {image_set.n_images} kept; {drawn}."


def _cohort_source(cohort: Cohort) -> str:
    """The folder's own name, or how the patients were simulated: no path, which may name a person."""
    return PurePath(str(cohort.provenance.get("source", "source not recorded"))).name
