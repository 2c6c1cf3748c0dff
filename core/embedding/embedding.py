"""Images as points of a plane or of space, near to each other where their features are: what t-SNE found."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.embedding.features import Features
from core.identifiers import CohortName, EmbeddingName, ImageSetName
from core.imageset.record import TumorStatus

NO_IMAGE = -1


class PointKind(StrEnum):
    """Transformed: a real training image after classical augmentation."""

    REAL = "real"
    TRANSFORMED = "transformed"
    SYNTHETIC = "synthetic"


class Engine(StrEnum):
    """Auto: the one that is fastest on so many points and at hand."""

    AUTO = "auto"
    COMPILED = "compiled"
    OPENTSNE = "opentsne"
    SCIKIT_LEARN = "scikit-learn"


KINDS = tuple(PointKind)  # by code: 0 real, 1 transformed, 2 synthetic
STATUSES = tuple(TumorStatus)  # by code: 0 tumor, 1 nontumor, 2 unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingAbout:
    """What an embedding was made of, how, and how well it shows it.

    `image_sets`: names and hashes of all sets that its points come from. `features_key` follows from the weights
    and `key` from all that the coordinates follow from. `missing`: categories without an image. `engine`: the one
    that was used. `trustworthiness` and `neighborhood_preservation`: of the `n_neighbors` nearest, 1 is best.
    """

    name: EmbeddingName
    cohort: CohortName
    image_sets: Sequence[tuple[ImageSetName, str]]
    features: Features
    features_from: str
    features_key: str
    key: str
    n_points: int
    per_category: int
    missing: Sequence[str]
    perplexity: float
    iterations: int
    dimensions: int
    seed: int
    engine: Engine
    kl_divergence: float
    trustworthiness: float
    neighborhood_preservation: float
    n_neighbors: int
    computed_at: str
    seconds: float

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: dict[str, Any]) -> Self:
        """Raises KeyError, TypeError or ValueError on anything else than what `to_json` makes."""
        sets = [(ImageSetName(name), str(sha256)) for name, sha256 in record["image_sets"]]
        engine, features = Engine(record["engine"]), Features(record["features"])
        return cls(**{**record, "image_sets": sets, "engine": engine, "features": features})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Embedding:
    """`coordinates` float32 [n, 2 or 3]; `kinds` and `tumor_statuses` uint8 [n], codes into KINDS and STATUSES.

    `set_indices` int32 [n] into `about.image_sets` and `positions` int64 [n] in that set: of the image itself, or
    of the one that was transformed. `transformed` int64 [n]: its number as `TransformedImages` counts, with the
    seed of the embedding; NO_IMAGE elsewhere. `nearest_real` int64 [n]: the other point that shows the nearest real
    image in the space of features; NO_IMAGE where there is none.
    """

    about: EmbeddingAbout
    coordinates: NDArray[np.float32]
    kinds: NDArray[np.uint8]
    tumor_statuses: NDArray[np.uint8]
    set_indices: NDArray[np.int32]
    positions: NDArray[np.int64]
    transformed: NDArray[np.int64]
    nearest_real: NDArray[np.int64]

    def __post_init__(self) -> None:
        columns = (self.kinds, self.tumor_statuses, self.set_indices, self.positions, self.transformed)
        lengths = {len(one) for one in (*columns, self.nearest_real)}
        if self.coordinates.shape != (self.about.n_points, self.about.dimensions) or lengths != {len(self)}:
            raise ValueError(f"{self.about.n_points} points with coordinates {self.coordinates.shape}")

    def __len__(self) -> int:
        return len(self.coordinates)

    def category(self, point: int) -> str:
        """Such as "real tumor"."""
        return f"{KINDS[self.kinds[point]]} {STATUSES[self.tumor_statuses[point]]}"

    def image_set(self, point: int) -> ImageSetName:
        return self.about.image_sets[int(self.set_indices[point])][0]
