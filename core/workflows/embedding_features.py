"""What the points of an embedding are compared by."""

import numpy as np

from core.embedding.embedding import PointKind
from core.embedding.features import MOST_FITTED, Features
from core.errors import BadInputError
from core.imageset.record import IMAGE_SIZE
from core.settings import WorkspacePaths
from core.workflows.embedding_plan import EmbeddingPlan, Part
from core.workflows.feature_choice import Extractor, Rows, extractor
from core.workflows.features import OnDone, components_of, drawn_features, features_of, thinned

_SAME = 1e-5  # of the largest feature: what rounding makes of equal images


def point_features(paths: WorkspacePaths, plan: EmbeddingPlan, on_done: OnDone) -> Rows:
    """Of all points, part by part: of pixels along their principal components, of a network as they are.

    `on_done` gets how many were just dealt with, as they come. Raises BadInputError for weights that cannot be used
    or give no numbers, and where all images of a category are the same.
    """
    made_by = extractor(paths, plan.features, plan.n_points)
    found = [_of_part(paths, plan, part, made_by, on_done) for part in plan.parts]
    for category in dict.fromkeys(part.category for part in plan.parts):
        own = [rows for part, rows in zip(plan.parts, found, strict=True) if part.category == category]
        _check_differ(category, np.concatenate(own))
    rows = np.concatenate(found)
    if plan.features.choice.features is not Features.PIXELS:
        return rows
    training = drawn_features(paths, thinned(plan.training, MOST_FITTED), made_by, side_px=IMAGE_SIZE)
    return components_of(training, made_by).of(rows)


def _of_part(paths: WorkspacePaths, plan: EmbeddingPlan, part: Part, made_by: Extractor, on_done: OnDone) -> Rows:
    chosen = (part.image_set, part.positions)
    if part.kind is PointKind.TRANSFORMED:
        source, seed = part.transformed(paths, plan.request.seed), plan.request.seed
        return features_of(paths, chosen, source, made_by, taken=("transformed", seed), on_done=on_done)
    return drawn_features(paths, [chosen], made_by, side_px=IMAGE_SIZE, on_done=on_done)


def _check_differ(category: str, rows: Rows) -> None:
    if len(rows) > 1 and np.abs(rows - rows[0]).max() <= _SAME * np.abs(rows).max():
        raise BadInputError(
            f"All {len(rows)} {category} images are the same: nothing tells them apart.",
            "Look at them with `mrturing images show`, and leave their set out or import it again.",
        )
