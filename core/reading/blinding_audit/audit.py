"""Whether anything but the picture tells synthetic from real: the findings on the stimuli of one study."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.reading.blinding_audit import classifier, image_content
from core.reading.blinding_audit.image_content import appearance, content_features
from core.reading.blinding_audit.near_duplicates import near_duplicates
from core.reading.blinding_audit.pipeline_artifacts import advice_for, pixel_artifacts
from core.reading.blinding_audit.png_header import header_fields
from core.reading.blinding_audit.separation import Separation, p_over_patients, separations
from core.reading.blinding_audit.stimuli import AuditedStimuli

LEAK_AUC = 0.7  # or, the other way round, 0.3
LEAK_P = 0.01


class Tier(StrEnum):
    """A leak in the first blocks the lock; the second is what the generator got wrong."""

    PIPELINE = "pipeline artifact"
    CONTENT = "image content"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedFeature:
    """How one number separates synthetic from real. `worst`: the real, the synthetic image it gives away most.

    `same_in_all`: the number is the same in every stimulus, as it should be of what is in no picture.
    `p_by_patient`: where patients have several images, p with all images of each kept together.
    """

    name: str
    tier: Tier
    auc: float
    ci95: tuple[float, float]
    p: float
    worst: tuple[str, str]
    same_in_all: bool = False
    p_by_patient: float | None = None

    @property
    def is_leak(self) -> bool:
        return self.tier is Tier.PIPELINE and abs(self.auc - 0.5) > LEAK_AUC - 0.5 and self.p < LEAK_P

    @property
    def advice(self) -> str:
        return advice_for(self.name) if self.tier is Tier.PIPELINE else image_content.ADVICE


@dataclass(frozen=True, slots=True, kw_only=True)
class SimilarPair:
    """Two stimuli, by name, that show nearly the same. `across`: one is real and one synthetic."""

    names: tuple[str, str]
    correlation: float
    mirrored: bool
    across: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BlindingAudit:
    """All findings; features by distance of their AUC from 0.5."""

    n_real: int
    n_synthetic: int
    features: Sequence[AuditedFeature]
    near_duplicates: Sequence[SimilarPair]

    @property
    def leaks(self) -> list[AuditedFeature]:
        return [feature for feature in self.features if feature.is_leak]

    def of_tier(self, tier: Tier) -> list[AuditedFeature]:
        return [feature for feature in self.features if feature.tier is tier]

    def to_json(self) -> dict[str, object]:
        """`blocking` names the leaks; `worst` is a real and a synthetic image as `SET/IMAGE`."""
        features = [asdict(feature) | {"leak": feature.is_leak} for feature in self.features]
        return {
            "blocking": [feature.name for feature in self.leaks],
            "n_real": self.n_real,
            "n_synthetic": self.n_synthetic,
            "features": features,
            "near_duplicates": [asdict(pair) for pair in self.near_duplicates],
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Self:
        """Rebuild what `to_json` wrote."""
        return cls(
            n_real=record["n_real"],
            n_synthetic=record["n_synthetic"],
            features=[_feature_from(entry) for entry in record["features"]],
            near_duplicates=[
                SimilarPair(**entry | {"names": tuple(entry["names"])}) for entry in record["near_duplicates"]
            ],
        )


def because(override_reason: str | None) -> str:
    """Why a study was locked in spite of leaks, as every text puts it."""
    return f"because: {override_reason}" if override_reason else "and no reason was given"


@dataclass(frozen=True, slots=True, kw_only=True)
class LockedAudit:
    """What was found when a study was locked, and why it was locked in spite of its leaks."""

    audit: BlindingAudit
    override_reason: str | None

    @property
    def because(self) -> str:
        return because(self.override_reason)

    def to_json(self) -> dict[str, object]:
        """What stands beside every export."""
        return {"blocking": [leak.name for leak in self.audit.leaks], "override_reason": self.override_reason}


def audit_stimuli(stimuli: AuditedStimuli, *, seed: int) -> BlindingAudit:
    """Judge every feature; the seed decides the shuffles only. Slices of one patient count as independent."""
    rng = np.random.default_rng(seed)
    features = pipeline_features(stimuli, rng=rng)
    content = _table([content_features(image) for image in stimuli.pixels])
    features += _features(content, Tier.CONTENT, stimuli, rng)
    features += _classifier(stimuli, rng)
    return BlindingAudit(
        n_real=int((~stimuli.synthetic).sum()),
        n_synthetic=int(stimuli.synthetic.sum()),
        features=sorted(features, key=lambda feature: (-abs(feature.auc - 0.5), feature.p)),
        near_duplicates=_similar_pairs(stimuli),
    )


def pipeline_features(stimuli: AuditedStimuli, *, rng: np.random.Generator) -> list[AuditedFeature]:
    """The first tier alone."""
    return _features(_artifacts(stimuli), Tier.PIPELINE, stimuli, rng)


def _features(
    columns: Mapping[str, NDArray[np.float64]], tier: Tier, stimuli: AuditedStimuli, rng: np.random.Generator
) -> list[AuditedFeature]:
    values = np.concatenate([*columns.values()], axis=1)
    judged = separations(values, stimuli.synthetic, rng=rng)
    if len(set(stimuli.groups)) < len(values):
        by_patient = p_over_patients(values, stimuli.synthetic, stimuli.groups, rng=rng)
        judged = [replace(one, p_by_patient=float(p)) for one, p in zip(judged, by_patient, strict=True)]
    return [
        _feature(name, tier, separation, column[:, 0], stimuli)
        for (name, column), separation in zip(columns.items(), judged, strict=True)
    ]


def _artifacts(stimuli: AuditedStimuli) -> dict[str, NDArray[np.float64]]:
    headers = _table([header_fields(png) for png in stimuli.pngs])
    pixels = _table([pixel_artifacts(image) for image in stimuli.pixels])
    return headers | pixels | {"Resampling factor": stimuli.resampling_factors[:, None]}


def _table(rows: Sequence[Mapping[str, float]]) -> dict[str, NDArray[np.float64]]:
    """A column [N, 1] per name."""
    return {name: np.array([[row[name]] for row in rows], np.float64) for name in rows[0]}


def _classifier(stimuli: AuditedStimuli, rng: np.random.Generator) -> list[AuditedFeature]:
    appearances = np.stack([appearance(image) for image in stimuli.pixels])
    judged = classifier.classifier_separation(appearances, stimuli.synthetic, stimuli.groups, rng=rng)
    return [_feature(classifier.NAME, Tier.CONTENT, *judged, stimuli)] if judged else []


def _feature(
    name: str, tier: Tier, separation: Separation, values: NDArray[np.float64], stimuli: AuditedStimuli
) -> AuditedFeature:
    toward_synthetic = values if separation.auc >= 0.5 else -values
    real, synthetic = np.flatnonzero(~stimuli.synthetic), np.flatnonzero(stimuli.synthetic)
    worst_real = real[np.argmin(toward_synthetic[real])]
    worst_synthetic = synthetic[np.argmax(toward_synthetic[synthetic])]
    return AuditedFeature(
        name=name,
        tier=tier,
        auc=separation.auc,
        ci95=separation.ci95,
        p=separation.p,
        p_by_patient=separation.p_by_patient,
        worst=(stimuli.names[worst_real], stimuli.names[worst_synthetic]),
        same_in_all=bool(values.min() == values.max()),
    )


def _feature_from(entry: Mapping[str, Any]) -> AuditedFeature:
    values = {name: entry[name] for name in AuditedFeature.__slots__}
    tuples = {"ci95": tuple(entry["ci95"]), "worst": tuple(entry["worst"])}
    return AuditedFeature(**values | tuples | {"tier": Tier(entry["tier"])})


def _similar_pairs(stimuli: AuditedStimuli) -> list[SimilarPair]:
    return [
        SimilarPair(
            names=(stimuli.names[pair.first], stimuli.names[pair.second]),
            correlation=pair.correlation,
            mirrored=pair.mirrored,
            across=bool(stimuli.synthetic[pair.first] != stimuli.synthetic[pair.second]),
        )
        for pair in near_duplicates(stimuli.pixels)
    ]
