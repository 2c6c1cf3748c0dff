"""What a person asks of an embedding. The paper's setting is the default."""

from dataclasses import dataclass

from core.embedding.embedding import Engine
from core.errors import BadInputError
from core.identifiers import CohortName, EmbeddingName, ImageSetName, checked_name
from core.workflows.feature_choice import BY_PIXELS, FeatureChoice

DIMENSIONS = (2, 3)
FEWEST_ITERATIONS = 250  # so long the affinities are exaggerated


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddingRequest:
    """A cohort's real and transformed images beside those of synthetic `image_sets` or releases, if any are named.

    At most `per_category` images of each of the six categories, drawn by the seed.
    """

    cohort: CohortName
    image_sets: tuple[ImageSetName, ...] = ()
    name: EmbeddingName | None = None
    features: FeatureChoice = BY_PIXELS
    per_category: int = 300
    perplexity: float = 100
    iterations: int = 1000
    dimensions: int = 2
    seed: int = 0
    engine: Engine = Engine.AUTO

    def __post_init__(self) -> None:
        if self.name is not None:
            checked_name(self.name, "embedding")
        if self.dimensions not in DIMENSIONS:
            raise BadInputError(f"Nothing is shown in {self.dimensions} dimensions.", "Take 2 or 3.")
        if self.iterations < FEWEST_ITERATIONS:
            raise BadInputError(f"{self.iterations} iterations are too few.", f"Take {FEWEST_ITERATIONS} or more.")
        if self.per_category < 1 or self.seed < 0 or not 1 <= self.perplexity < float("inf"):
            raise BadInputError(
                f"{self.per_category} per category, perplexity {self.perplexity}, seed {self.seed}: not possible.",
                "Give numbers from 1 on, and a seed from 0 on.",
            )
