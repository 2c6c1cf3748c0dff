"""Which leaks would go if a study applied a remedy to all its stimuli alike: tried, not guessed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from core.imaging.png import encode_png
from core.reading.blinding_audit.audit import BlindingAudit, pipeline_features
from core.reading.blinding_audit.stimuli import AuditedStimuli
from core.reading.remedies import Remedies

CANDIDATES = (
    Remedies(border=8),
    Remedies(border=24),
    Remedies(background_floor=8),
    Remedies(background_floor=24),
    Remedies(gray_step=2),
    Remedies(gray_step=4),
    Remedies(gray_step=8),
    Remedies(border=24, background_floor=24, gray_step=8),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemedyTrial:
    """What one remedy would do: leaks that go, and leaks that come."""

    remedies: Remedies
    mends: Sequence[str]
    breaks: Sequence[str]

    def to_json(self) -> dict[str, object]:
        return asdict(self.remedies) | {"mends": list(self.mends), "breaks": list(self.breaks)}

    def __str__(self) -> str:
        text = f"{self.remedies}: mends {', '.join(self.mends)}"
        return text + (f", but makes leaks of {', '.join(self.breaks)}" if self.breaks else "")


def try_remedies(stimuli: AuditedStimuli, audit: BlindingAudit, *, seed: int) -> list[RemedyTrial]:
    """Trials of the remedies that mend anything, those that leave the fewest leaks first; none without leaks.

    The stimuli have no remedies yet: whoever makes the study anew chooses among all of them.
    """
    before = {leak.name for leak in audit.leaks}
    trials = [_trial(stimuli, remedies, before, seed) for remedies in CANDIDATES] if before else []
    useful = [trial for trial in trials if trial.mends]
    return sorted(useful, key=lambda trial: len(trial.breaks) - len(trial.mends))


def _trial(stimuli: AuditedStimuli, remedies: Remedies, before: set[str], seed: int) -> RemedyTrial:
    pixels = np.stack([remedies.applied(image) for image in stimuli.pixels])
    remedied = replace(stimuli, pixels=pixels, pngs=[encode_png(image) for image in pixels])
    features = pipeline_features(remedied, rng=np.random.default_rng(seed))
    after = {feature.name for feature in features if feature.is_leak}
    return RemedyTrial(remedies=remedies, mends=sorted(before - after), breaks=sorted(after - before))
