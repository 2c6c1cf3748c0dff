"""What is known of a cohort as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.identifiers import CohortName


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Patients who came in together. `skipped` holds what could not be imported and why."""

    name: CohortName
    created_at: str
    provenance: Mapping[str, object]
    screened_out: Mapping[str, int]
    skipped: Sequence[Mapping[str, str]]
    n_subjects: int
