"""Making, locking and closing reader studies."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from core.errors import BadInputError, NotFoundError, RefusedError, WorkspaceError
from core.identifiers import CaseId, ImageSetName, ReleaseName, StudyName, checked_name, random_id
from core.imageset.record import ImageKind
from core.provenance import sha256_of_bytes, sha256_of_file, sha256_of_json, utc_now
from core.reading.audit_trail import Action
from core.reading.blinding_audit.audit import BlindingAudit
from core.reading.case import Arm, Case
from core.reading.design import PlannedAnalysis, Presentation, SampleSize, Scale
from core.reading.protocol import DEFAULT_PREVALENCE_TEXT, Protocol, Question, Sampling, cases_seal
from core.reading.randomization import drawing_order
from core.reading.remedies import Remedies
from core.reading.study import ReaderProgress, Study, StudyState
from core.settings import WorkspacePaths
from core.storage import blinding, image_sets, studies
from core.storage.database import Database, opened, writing
from core.workflows.audit_trail import record_by_researcher
from core.workflows.blinding import accepted_reason, audit_cases, check_alike, leak_warnings
from core.workflows.study_sources import Source, check_still_stands, study_sources


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyPlan:
    """What a researcher decides when a study is made. Sets are named by themselves or by a release of them."""

    name: StudyName
    real_sets: Sequence[ImageSetName | ReleaseName]
    synthetic_sets: Sequence[ImageSetName | ReleaseName]
    per_arm: int = 50
    seed: int = 0
    sampling: Sampling = field(default_factory=Sampling)
    questions: tuple[Question, ...] = (Question.REALISM, Question.TUMOR)
    scale: Scale = Scale.FORCED_CHOICE
    confirm: bool = False
    prevalence_text: str = DEFAULT_PREVALENCE_TEXT
    remedies: Remedies = field(default_factory=Remedies)
    presentation: Presentation = field(default_factory=Presentation)
    planned: PlannedAnalysis = field(default_factory=PlannedAnalysis)
    sample_size: SampleSize | None = None
    replaces: StudyName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStatus:
    """What may be seen of a study that is not closed: counts of trials."""

    study: Study
    readers: Sequence[ReaderProgress]

    @property
    def remaining(self) -> Sequence[ReaderProgress]:
        """The readers who have not withdrawn."""
        return [reader for reader in self.readers if not reader.withdrawn]


def create_study(paths: WorkspacePaths, plan: StudyPlan) -> Study:
    """Draw the cases of the four arms, and others to practice on, and keep them as a draft.

    Raises RefusedError, which says how many there are, when an arm cannot be filled.
    """
    checked_name(plan.name, "study")
    if plan.per_arm < 1:
        raise BadInputError(f"{plan.per_arm} images per arm cannot be read.", "Ask for at least 1.")
    with opened(paths.database) as db, writing(db):
        if studies.study(db, plan.name) is not None:
            raise RefusedError(f"There is a study {plan.name!r} already.", "Choose another name.")
        sources = study_sources(db, paths, real=plan.real_sets, synthetic=plan.synthetic_sets)
        replaced = _replaced(db, plan.replaces)
        cases, practice = _drawn_cases(sources, plan)
        study = Study(
            name=plan.name,
            state=StudyState.DRAFT,
            created_at=utc_now(),
            protocol=_protocol(plan, sources, cases, practice),
        )
        studies.add_study(db, study, cases, practice)
        record_by_researcher(db, plan.name, Action.CREATED, {"protocol_hash": study.protocol.hash} | replaced)
    return study


def _replaced(db: Database, name: StudyName | None) -> dict[str, object]:
    """What the audit trail says of the study that a new one replaces; raises RefusedError for a draft."""
    if name is None:
        return {}
    study = study_named(db, name)
    if study.state is StudyState.DRAFT:
        raise RefusedError(f"The study {name} is a draft.", "Delete it and make it anew; nothing was promised yet.")
    return {"replaces": name, "replaced_protocol_hash": study.protocol_hash}


def audit_study(paths: WorkspacePaths, name: StudyName) -> BlindingAudit:
    """Look in the stimuli of a study, draft or locked, for anything but the picture that tells their truth."""
    with opened(paths.database) as db:
        return audit_cases(db, paths, study_named(db, name))


def lock_study(
    paths: WorkspacePaths, name: StudyName, *, override_leaks: str | None = None
) -> tuple[Study, list[str]]:
    """Freeze a draft: from now on its protocol hash stands in every response.

    Returns the study and what a researcher should know: pipeline artifacts that give the truth away, which were
    accepted for the reason `override_leaks`, and images that were enlarged. Raises RefusedError when the study is
    not a draft, curators changed what was drawn, stimuli could be told apart by their bytes on the wire, or
    anything leaks and no reason is given.
    """
    with opened(paths.database) as db:
        audited = _draft(db, name)
        audit = audit_cases(db, paths, audited)  # takes seconds, during which others may write
        with writing(db):
            study = _draft(db, name)
            if study != audited:
                raise RefusedError(f"The study {name} was made anew during its audit.", "Lock it again.")
            cases = studies.cases(db, name)
            check_still_stands(db, study.protocol, [*cases, *studies.cases(db, name, practice=True)])
            _check_pixels(paths, study)
            check_alike(paths, study, cases, studies.cases(db, name, practice=True))
            reason = accepted_reason(audit, override_leaks)
            blinding.add_audit(db, name, audit, override_reason=reason)
            studies.lock_study(db, name, study.protocol.hash, locked_at=utc_now())
            locked: dict[str, object] = {
                "protocol_hash": study.protocol.hash,
                "blinding_audit_sha256": sha256_of_json(audit.to_json()),
                "leaks": [leak.name for leak in audit.leaks],
                "override_reason": reason,
            }
            record_by_researcher(db, name, Action.LOCKED, locked)
            return study_named(db, name), [*leak_warnings(audit), *_enlargement_warnings(db, cases)]


def _draft(db: Database, name: StudyName) -> Study:
    study = study_named(db, name)
    if study.state is not StudyState.DRAFT:
        raise RefusedError(
            f"The study {name} is {study.state} already.",
            f"To change anything, make a new study that replaces it: study create --replaces {name}.",
        )
    return study


def close_study(paths: WorkspacePaths, name: StudyName) -> Study:
    """End the reading and open the results."""
    with opened(paths.database) as db, writing(db):
        study = study_named(db, name)
        if not study.takes_readers:
            raise RefusedError(f"The study {name} is {study.state}.", "Only a locked study can be closed.")
        studies.close_study(db, name, utc_now())
        record_by_researcher(db, name, Action.CLOSED)
        return study_named(db, name)


def study_status(paths: WorkspacePaths, name: StudyName) -> StudyStatus:
    with opened(paths.database) as db:
        return StudyStatus(study=study_named(db, name), readers=studies.progress(db, name))


def all_studies(paths: WorkspacePaths) -> list[StudyStatus]:
    with opened(paths.database) as db:
        return [StudyStatus(study=study, readers=studies.progress(db, study.name)) for study in studies.studies(db)]


def study_named(db: Database, name: StudyName) -> Study:
    study = studies.study(db, name)
    if study is None:
        raise NotFoundError(f"There is no study {name!r}.", "`mrturing study status` lists the studies.")
    return study


def _drawn_cases(sources: Sequence[Source], plan: StudyPlan) -> tuple[list[Case], list[Case]]:
    """The cases to be analyzed, and after them, from the same sets, those to practice on."""
    rng = np.random.default_rng(plan.seed)
    seen: set[str] = set()
    cases = [case for arm in Arm for case in _cases_of_arm(arm, sources, plan, rng, seen, n=plan.per_arm)]
    each, more = divmod(plan.presentation.practice, len(Arm))
    shares = {arm: each + (place < more) for place, arm in enumerate(Arm)}
    practice = [case for arm, n in shares.items() for case in _cases_of_arm(arm, sources, plan, rng, seen, n=n)]
    return cases, practice


def _cases_of_arm(
    arm: Arm, sources: Sequence[Source], plan: StudyPlan, rng: np.random.Generator, seen: set[str], *, n: int
) -> list[Case]:
    """Draw `n` of one arm; an image whose pixels are in the study already is passed over."""
    pool = [
        (source, index)
        for source in sources
        if source.image_set.kind is arm.truth
        for index, record in enumerate(source.records)
        if source.may_be_drawn[index]
        and record.tumor_status is arm.tumor_status
        and (arm.truth is ImageKind.SYNTHETIC or plan.sampling.partition in {None, record.partition})
    ]
    cases: list[Case] = []
    for position in drawing_order([source.records[index] for source, index in pool], plan.sampling, rng):
        if len(cases) == n:
            break
        case = _case(arm, *pool[position], remedies=plan.remedies)
        if case.pixels_sha256 not in seen:
            seen.add(case.pixels_sha256)
            cases.append(case)
    if len(cases) < n:
        raise RefusedError(
            f"The arm {arm} has {len(cases)} different images that fit, {n} were asked for.",
            "Ask for fewer per arm, add image sets, or loosen partition, slices per patient or spacing.",
        )
    return cases


def _case(arm: Arm, source: Source, index: int, *, remedies: Remedies) -> Case:
    return Case(
        case_id=CaseId(random_id()),
        image_set=source.image_set.name,
        image_index=index,
        truth=arm.truth,
        tumor_status=arm.tumor_status,
        subject_id=source.records[index].subject_id,
        pixels_sha256=sha256_of_bytes(remedies.applied(source.pixels[index]).tobytes()),
    )


def _protocol(plan: StudyPlan, sources: Sequence[Source], cases: list[Case], practice: list[Case]) -> Protocol:
    return Protocol(
        study=plan.name,
        seed=plan.seed,
        arms={arm: sum(case.arm is arm for case in cases) for arm in Arm},
        image_sets={source.image_set.name: source.image_set.sha256 for source in sources},
        cases_sha256=cases_seal(cases),
        sampling=plan.sampling,
        questions=plan.questions,
        scale=plan.scale,
        confirm=plan.confirm,
        prevalence_text=plan.prevalence_text,
        remedies=plan.remedies,
        presentation=plan.presentation,
        planned=plan.planned,
        sample_size=plan.sample_size,
        practice_sha256=cases_seal(practice) if practice else None,
        replaces=plan.replaces,
        releases={one.release: one.drawn_release for one in sources if one.release and one.drawn_release},
        corrections={one.image_set.name: one.corrections for one in sources if one.corrections},
    )


def _check_pixels(paths: WorkspacePaths, study: Study) -> None:
    """What will be shown is what was drawn."""
    for name, sha256 in study.protocol.image_sets.items():
        if sha256_of_file(paths.image_set(name)) != sha256:
            raise WorkspaceError(
                f"The pixels of the image set {name} changed since {study.name} was made.",
                "Run `mrturing doctor`, import the set again, and make the study anew.",
            )


def _enlargement_warnings(db: Database, cases: Sequence[Case]) -> list[str]:
    warnings = []
    for name in sorted({case.image_set for case in cases}):
        shown = {case.image_index for case in cases if case.image_set == name}
        records = image_sets.image_records(db, name)
        largest = max(records[index].resampling_factor for index in shown)
        if largest > 1:
            warnings.append(f"Images of {name} were enlarged up to {largest:.2f} times: readers may see the blur.")
    return warnings


def delete_study(paths: WorkspacePaths, name: StudyName) -> None:
    """Delete a draft; what was locked stays, because readers may have been promised it."""
    with opened(paths.database) as db, writing(db):
        study = study_named(db, name)
        if study.state is not StudyState.DRAFT:
            raise RefusedError(f"The study {name} is {study.state}.", "Only drafts can be deleted.")
        studies.delete_study(db, name)
        record_by_researcher(db, name, Action.DELETED)
