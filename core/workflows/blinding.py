"""The blinding audit of a study's stimuli, and what it means for the lock."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from core.errors import RefusedError
from core.identifiers import StudyName
from core.imageset.pixels import open_pixels
from core.imageset.record import ImageKind, ImageRecord
from core.imaging.png import encode_png
from core.reading.blinding_audit.audit import BlindingAudit, LockedAudit, audit_stimuli
from core.reading.blinding_audit.png_header import header_fields
from core.reading.blinding_audit.remedy_trials import RemedyTrial, try_remedies
from core.reading.blinding_audit.stimuli import AuditedStimuli
from core.reading.case import Case
from core.reading.remedies import Remedies
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.storage import blinding, image_sets, studies
from core.storage.database import Database, opened


def audit_cases(db: Database, paths: WorkspacePaths, study: Study) -> BlindingAudit:
    """Audit exactly what readers of a study are sent, draft or locked. Deterministic: the study's seed shuffles."""
    stimuli = _stimuli(db, paths, study, study.protocol.remedies)
    return audit_stimuli(stimuli, seed=study.protocol.seed)


def remedies_tried(paths: WorkspacePaths, name: StudyName, audit: BlindingAudit) -> list[RemedyTrial]:
    """Which leaks would go if a draft were made anew with other remedies; empty after the lock."""
    with opened(paths.database) as db:
        study = studies.study(db, name)
        if study is None or study.state is not StudyState.DRAFT or not audit.leaks:
            return []
        untreated = _stimuli(db, paths, study, Remedies())
    return try_remedies(untreated, audit, seed=study.protocol.seed)


def accepted_reason(audit: BlindingAudit, override_leaks: str | None) -> str | None:
    """The reason to keep beside an audit, None where nothing leaks; raises RefusedError for leaks without one."""
    if not audit.leaks:
        return None
    reason = (override_leaks or "").strip()
    if not reason:
        raise RefusedError(
            _leaks_named(audit),
            f"{audit.leaks[0].advice} Or lock all the same for a reason that results will print: "
            "--override-leaks REASON, or on the Blinding audit page.",
        )
    return reason


def check_alike(paths: WorkspacePaths, study: Study, cases: Sequence[Case], practice: Sequence[Case]) -> None:
    """Raises RefusedError unless all stimuli are one kind of file, the practice images too, and none is both.

    The audit itself leaves practice images out, for nobody judges them; a browser that is sent them sees them.
    """
    if {case.pixels_sha256 for case in cases} & {case.pixels_sha256 for case in practice}:
        raise RefusedError(
            f"A practice image of {study.name} is also judged.", "Delete the draft and make it anew."
        )
    shown = (encode_png(_shown(paths, study.protocol.remedies, case)) for case in (*cases, *practice))
    headers = [header_fields(png) for png in shown]
    differing = [name for name in headers[0] if len({header[name] for header in headers}) > 1]
    if differing:
        raise RefusedError(
            f"The stimuli differ in {', '.join(differing)}, which a browser can see.",
            "Import the image sets again.",
        )


def leak_warnings(audit: BlindingAudit) -> list[str]:
    """What a researcher must know of a study that is locked with leaks; none where nothing leaks."""
    return [f"{_leaks_named(audit)} {audit.leaks[0].advice} Results will print this."] if audit.leaks else []


def _leaks_named(audit: BlindingAudit) -> str:
    leaks = ", ".join(f"{leak.name} (AUC {leak.auc:.2f})" for leak in audit.leaks)
    return f"Something other than the picture tells synthetic from real: {leaks}."


def locked_audit(paths: WorkspacePaths, name: StudyName) -> LockedAudit | None:
    """What was found when a study was locked; None for drafts and studies from before there were audits."""
    with opened(paths.database) as db:
        return blinding.audit(db, name)


def stimulus_pictures(paths: WorkspacePaths, study: Study, stimuli: Iterable[str]) -> Mapping[str, bytes]:
    """The PNGs of the stimuli that an audit names. For researchers only, and never by a guessable address."""
    with opened(paths.database) as db:
        cases = studies.cases(db, study.name)
        records, wanted = _records(db, cases), set(stimuli)
    return {
        _name(case, records): encode_png(_shown(paths, study.protocol.remedies, case))
        for case in cases
        if _name(case, records) in wanted
    }


def case_pictures(paths: WorkspacePaths, study: Study, case_ids: Iterable[str]) -> Mapping[str, tuple[str, bytes]]:
    """Of each case its name and its PNG, as readers saw it. As `stimulus_pictures`, and for closed studies only."""
    if study.state is not StudyState.CLOSED:
        raise RefusedError(f"The study {study.name} is {study.state}.", "Close it to see its results.")
    with opened(paths.database) as db:
        cases = studies.cases(db, study.name)
        records, wanted = _records(db, cases), set(case_ids)
    return {
        case.case_id: (_name(case, records), encode_png(_shown(paths, study.protocol.remedies, case)))
        for case in cases
        if case.case_id in wanted
    }


def _stimuli(db: Database, paths: WorkspacePaths, study: Study, remedies: Remedies) -> AuditedStimuli:
    cases = studies.cases(db, study.name)
    records = _records(db, cases)
    pixels = np.stack([_shown(paths, remedies, case) for case in cases])
    return AuditedStimuli(
        names=[_name(case, records) for case in cases],
        pixels=pixels,
        pngs=[encode_png(image) for image in pixels],
        synthetic=np.array([case.truth is ImageKind.SYNTHETIC for case in cases]),
        subjects=[case.subject_id for case in cases],
        resampling_factors=np.array(
            [records[case.image_set][case.image_index].resampling_factor for case in cases], np.float64
        ),
    )


def _shown(paths: WorkspacePaths, remedies: Remedies, case: Case) -> NDArray[np.uint8]:
    return remedies.applied(open_pixels(paths.image_set(case.image_set))[case.image_index])


def _records(db: Database, cases: Sequence[Case]) -> Mapping[str, Sequence[ImageRecord]]:
    return {name: image_sets.image_records(db, name) for name in {case.image_set for case in cases}}


def _name(case: Case, records: Mapping[str, Sequence[ImageRecord]]) -> str:
    return f"{case.image_set}/{records[case.image_set][case.image_index].image_id}"
