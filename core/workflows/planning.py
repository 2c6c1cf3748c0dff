"""What a finished study says about how large the next one has to be."""

from core.errors import RefusedError
from core.identifiers import StudyName
from core.observer_performance.across_readers import reader_by_case
from core.observer_performance.answers import presentations
from core.observer_performance.planning import VarianceComponents
from core.observer_performance.responses import checked_responses
from core.reading.protocol import Question
from core.settings import WorkspacePaths
from core.workflows.results import study_responses


def pilot_components(paths: WorkspacePaths, study: StudyName) -> VarianceComponents:
    """Estimate how the accuracy of realism varies between readers and images of a closed study.

    Raises RefusedError unless the study is closed and two readers answered at least two images of each truth.
    """
    found = presentations(checked_responses(study_responses(paths, study), source=f"The study {study}"))
    first = found.answers[Question.REALISM][~found.is_repeat].entering
    components = VarianceComponents.estimated(*reader_by_case(first, first.correct.astype(float)))
    if components is None:
        raise RefusedError(
            f"{study} is too small to estimate how readers and images vary.",
            "Choose a study with two readers and two images of each truth, or state the variances.",
        )
    return components
