"""The paper's four conditions: what a detector learns from beside the real images of training patients."""

from enum import StrEnum


class Condition(StrEnum):
    NONE = "none"
    CLASSICAL = "classical"
    SYNTHETIC = "synthetic"
    BOTH = "both"

    @property
    def has_classical(self) -> bool:
        return self in {Condition.CLASSICAL, Condition.BOTH}

    @property
    def has_synthetic(self) -> bool:
        return self in {Condition.SYNTHETIC, Condition.BOTH}


# Han et al. 2018, table 1: accuracy, sensitivity and specificity on the test partition.
PAPER_TABLE_1: dict[Condition, tuple[float, float, float]] = {
    Condition.NONE: (0.9006, 0.8527, 0.9704),
    Condition.CLASSICAL: (0.9070, 0.8870, 0.9362),
    Condition.SYNTHETIC: (0.6202, 0.9994, 0.0684),
    Condition.BOTH: (0.9108, 0.8660, 0.9760),
}
