"""Trainings of a few steps, of which only the way matters."""

from dataclasses import replace
from typing import Any

from core.identifiers import CohortName, RunName
from core.imageset.record import TumorStatus
from core.workflows.training import Recipe, TrainingRequest

GLIOMA = CohortName("glioma")
SMOKE_KIMG = 0.06  # 15 steps of 4, in both stages


def smoke_request(tumor_status: TumorStatus = TumorStatus.TUMOR, **changes: Any) -> TrainingRequest:
    """The run is called after the tumor status."""
    request = TrainingRequest(
        cohort=GLIOMA,
        tumor_status=tumor_status,
        recipe=Recipe.SMOKE,
        kimg=SMOKE_KIMG,
        batch=4,
        precision="fp32",
        name=RunName(tumor_status.value),
    )
    return replace(request, **changes)
