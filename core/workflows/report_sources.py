"""What a report says of the image sets that a study drew from, and of what became of them before the drawing."""

from typing import Any

from core.identifiers import ImageSetName
from core.observer_performance.study_report.facts import DiscardingFacts, ReleaseFacts, RestFacts, SourceFacts
from core.reading.case import Case
from core.reading.protocol import Protocol
from core.storage import image_sets
from core.storage.database import Database
from core.workflows.image_sets import image_set_named
from core.workflows.releases import release_named
from core.workflows.resolutions import resolved_set


def source_facts(db: Database, protocol: Protocol, name: ImageSetName, cases: list[Case]) -> SourceFacts:
    image_set = image_set_named(db, name)  # a set that a study uses cannot be deleted, nor can its release
    records = image_sets.image_records(db, name)
    shown = [case.image_index for case in cases if case.image_set == name]
    drawn = next((release for release, one in protocol.releases.items() if one.image_set == name), None)
    undrawn = protocol.corrections.get(name)
    release = release_named(db, drawn) if drawn else None
    since = 0
    if release is None:
        n_discarded = int(resolved_set(db, name).resolution.discarded.sum())
        since = max(0, n_discarded - (undrawn.n_excluded if undrawn else 0))
    return SourceFacts(
        image_set=image_set,
        n_shown=len(shown),
        largest_enlargement=max(records[index].resampling_factor for index in shown),
        release=release_facts(release.name, release.sha256, release.data_sheet) if release else None,
        corrections=undrawn,
        n_discarded_since=since,
    )


def release_facts(name: str, sha256: str, sheet: Any) -> ReleaseFacts:
    """From a data sheet, as it was kept."""
    images, review = sheet["images"], sheet["sample_review"]
    rest = None
    if images["accepted_unreviewed"]:
        low, high = review["discard_rate95"]
        rest = RestFacts(
            n_images=images["accepted_unreviewed"],
            n_sample=review["n_sample"],
            discard_rate=review["discard_rate"],
            interval95=(low, high),
        )
    return ReleaseFacts(
        name=name,
        sha256=sha256,
        n_generated=images["generated"],
        n_reviewed=images["reviewed"],
        n_kept=images["kept"],
        n_corrected=images["corrected"],
        discarded=sheet["discarded"],
        n_curators=len(sheet["curators"]),
        rest=rest,
        discarding=_discarding(sheet["realism_and_diversity"]),
    )


def _discarding(measured: Any) -> DiscardingFacts | None:
    """None where nothing was computed, or too few images were kept."""
    if measured is None:
        return None
    odd, ratio = measured["realism"]["odd_share"], measured["diversity"]["mean_distance"]["ratio"]
    if None in (odd["before"], odd["after"], ratio):
        return None
    low, high = ratio["ci95"]
    return DiscardingFacts(
        odd_before=odd["before"]["estimate"],
        odd_after=odd["after"]["estimate"],
        distance_ratio=ratio["estimate"],
        distance_ratio95=(low, high),
    )
