"""What is known of each point of an embedding: whose image, which partition, what curators and readers said."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from core.embedding.embedding import KINDS, STATUSES, Embedding, PointKind
from core.embedding.point_columns import CurationOutcome, PointColumns
from core.identifiers import ImageId, ImageSetName
from core.imageset.record import ImageKind, ImageRecord
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.storage import image_sets, readings, studies
from core.storage.database import Database, opened
from core.workflows.resolutions import ResolvedSet, resolved_set

Misjudged = Mapping[tuple[ImageSetName, int], float]


def point_columns(paths: WorkspacePaths, embedding: Embedding) -> PointColumns:
    """As the workspace says now; only studies that are closed and show some of the images tell of readers."""
    names = [name for name, _ in embedding.about.image_sets]
    with opened(paths.database) as db:
        records = [image_sets.image_records(db, name) for name in names]
        outcomes = [_outcomes(resolved_set(db, name)) for name in names]
        judged = {study.name: _misjudged(db, study) for study in studies.studies(db)}
    points = range(len(embedding))
    is_source = (embedding.kinds == KINDS.index(PointKind.TRANSFORMED)).tolist()
    places = list(zip(embedding.set_indices.tolist(), embedding.positions.tolist(), strict=True))
    shown = [
        None if source else (names[one], index) for source, (one, index) in zip(is_source, places, strict=True)
    ]
    of_point = [records[one][index] for one, index in places]
    told = {study: [found.get(image) if image else None for image in shown] for study, found in judged.items()}
    return PointColumns(
        category=[embedding.category(point) for point in points],
        arm=[_arm(embedding, point) for point in points],
        image_set=[names[one] for one, _ in places],
        image_id=[_image_id(embedding, point, records) for point in points],
        subject_id=[record.subject_id for record in of_point],
        partition=[record.partition for record in of_point],
        decision=[
            outcomes[one][index] if image else None for image, (one, index) in zip(shown, places, strict=True)
        ],
        misjudged={study: shares for study, shares in told.items() if any(share is not None for share in shares)},
    )


def _arm(embedding: Embedding, point: int) -> str:
    synthetic = KINDS[embedding.kinds[point]] is PointKind.SYNTHETIC
    return f"{ImageKind.SYNTHETIC if synthetic else ImageKind.REAL} {STATUSES[embedding.tumor_statuses[point]]}"


def _image_id(embedding: Embedding, point: int, records: Sequence[Sequence[ImageRecord]]) -> ImageId:
    """A transformed image is called as a set that has it would call it."""
    of_set = records[int(embedding.set_indices[point])]
    own = of_set[int(embedding.positions[point])].image_id
    number = int(embedding.transformed[point])
    return own if number < 0 else ImageId(f"{own}-v{number // len(of_set)}")


def _outcomes(found: ResolvedSet) -> list[CurationOutcome]:
    resolution = found.resolution
    corrected = resolution.kept & (resolution.outcomes != found.recorded)
    chosen = [corrected, resolution.kept, resolution.discarded, resolution.disagreed, resolution.deferred]
    names = ("CORRECTED", "KEPT", "DISCARDED", "DISAGREED", "DEFERRED")
    return [CurationOutcome[name] for name in np.select(chosen, names, "UNDECIDED").tolist()]


def _misjudged(db: Database, study: Study) -> Misjudged:
    """Nothing before the study is closed: until then nobody may see a truth beside an answer."""
    if study.state is not StudyState.CLOSED:
        return {}
    images = {case.case_id: (case.image_set, case.image_index) for case in studies.cases(db, study.name)}
    wrong: defaultdict[tuple[ImageSetName, int], list[bool]] = defaultdict(list)
    for row in readings.response_table(db, study.name):
        if row["decision"] is not None and not row["is_repeat"] and not row["cannot_judge"]:
            wrong[images[row["case_id"]]].append(row["decision"] != row["truth"])
    return {image: sum(found) / len(found) for image, found in wrong.items()}
