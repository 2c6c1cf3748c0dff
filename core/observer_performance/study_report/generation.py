"""How many images there were before anybody chose: what screening left out, and what generators made."""

from pathlib import PurePath

from core.cohort.record import Cohort
from core.observer_performance.report_study import DIVERSITY_NOTE
from core.observer_performance.study_report.blocks import Section, Table, text
from core.observer_performance.study_report.facts import SourceFacts, StudyFacts


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
    generated = [text(_generated(source)) for source in facts.sources if source.is_synthetic]
    diversity = f"Diversity was not measured in this study. {DIVERSITY_NOTE}"
    return Section(title="Screening and generation", blocks=(*screening, *generated, text(diversity)))


def _generated(source: SourceFacts) -> str:
    image_set = source.image_set
    drawn = f"{source.n_shown} of its {image_set.n_images} images were drawn at random"
    n_generated = image_set.provenance.get("n_generated")
    if not isinstance(n_generated, int):
        return (
            f"{image_set.name}: how many images were generated, and whether any were discarded before the import, "
            f"is not known; {drawn}."
        )
    if n_generated == image_set.n_images:
        return f"{image_set.name}: {n_generated} images were generated, none was discarded (uncurated); {drawn}."
    return f"{image_set.name}: {n_generated} images were generated, {image_set.n_images} kept; {drawn}."


def _cohort_source(cohort: Cohort) -> str:
    """The folder's own name, or how the patients were simulated: no path, which may name a person."""
    return PurePath(str(cohort.provenance.get("source", "source not recorded"))).name
