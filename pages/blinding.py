"""The blinding audit of a study, and the lock of a draft in spite of what was found."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import pandas as pd
import streamlit as st

from core.figures.blinding import auc_by_feature
from core.reading.blinding_audit.audit import AuditedFeature, BlindingAudit, LockedAudit, SimilarPair, Tier
from core.reading.blinding_audit.report import TIER_NOTES, TIER_TITLES, same_in_all_text, verdict
from core.reading.study import Study, StudyState
from core.settings import WorkspacePaths
from core.workflows.blinding import locked_audit, remedies_tried, stimulus_pictures
from core.workflows.studies import all_studies, audit_study, lock_study
from pages.components.access_gate import researchers_only
from pages.components.charts import draw, page_theme
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done, say_what_was_done
from pages.components.private_pictures import show_pictures
from pages.components.session_store import recall, remember

NO_REMEDY = "None of the remedies that are known here would help: the image sets have to be made alike."


def main() -> None:
    paths = researchers_only()
    st.title("Blinding audit")
    st.write("Does anything but the picture tell synthetic from real? Looked for in exactly what readers are sent.")
    say_what_was_done()
    with shown_errors():
        found = [status.study for status in reversed(all_studies(paths))]
        if not found:
            st.info("There is no reader study yet. Make one on the Studies page.")
            return
        found.sort(key=lambda study: study.state is not StudyState.DRAFT)
        study = st.selectbox("Study", found, format_func=lambda study: f"{study.name} ({study.state})")
        locked = locked_audit(paths, study.name)
        audit = locked.audit if locked else _fresh_audit(paths, study)
        _verdict(audit, study, locked)
        if audit.leaks and study.state is StudyState.DRAFT:
            _override(paths, study)
        _leaks(paths, study, audit)
        for tier in Tier:
            _tier(audit, tier)
        _pairs(paths, study, audit.near_duplicates)


def _fresh_audit(paths: WorkspacePaths, study: Study) -> BlindingAudit:
    """Once per browser tab and draft."""
    key = f"audit {paths.root} {study.protocol.hash}"
    audit: BlindingAudit | None = recall(key)
    if audit is None:
        with st.spinner("Auditing the stimuli"):
            audit = audit_study(paths, study.name)
        remember(key, audit)
    return audit


def _verdict(audit: BlindingAudit, study: Study, locked: LockedAudit | None) -> None:
    if not audit.leaks:
        st.success(verdict(audit))
    elif study.state is StudyState.DRAFT:
        st.error(f"{verdict(audit)} Mend that before the lock, or say why not: results print both.")
    else:
        st.warning(verdict(audit))
    if locked and audit.leaks:
        st.markdown(f"**Locked all the same,** {locked.because}")


def _override(paths: WorkspacePaths, study: Study) -> None:
    with st.popover("Lock in spite of the leaks"), st.form("override", border=False):
        st.write("The reason is kept with the study, and its results print it.")
        reason = st.text_input("Reason")
        if st.form_submit_button("Lock with this reason"):
            with shown_errors():
                lock_study(paths, study.name, override_leaks=reason)
                done(f"{study.name} is locked.")


def _leaks(paths: WorkspacePaths, study: Study, audit: BlindingAudit) -> None:
    """For each thing that can be done, the leaks that it mends, with the images they give away most."""
    if not audit.leaks:
        return
    st.subheader("Leaks")
    pictures = stimulus_pictures(paths, study, {name for leak in audit.leaks for name in leak.worst})
    for advice, leaks in _by_advice(audit.leaks):
        st.markdown(f"**{', '.join(leak.name for leak in leaks)}.** {advice}")
        kinds = ("real", "synthetic")
        pairs = [
            (f"{leak.name}, {kind}", name) for leak in leaks for kind, name in zip(kinds, leak.worst, strict=True)
        ]
        show_pictures([(caption, name, pictures[name]) for caption, name in pairs])
    if study.state is StudyState.DRAFT and st.button("Try remedies"):
        trials = remedies_tried(paths, study.name, audit)
        st.write(
            "Make the study anew with one of these, applied to all its stimuli alike:" if trials else NO_REMEDY
        )
        st.markdown("\n".join(f"- {trial}" for trial in trials))


def _by_advice(leaks: Sequence[AuditedFeature]) -> Iterator[tuple[str, list[AuditedFeature]]]:
    for advice, group in groupby(sorted(leaks, key=lambda leak: leak.advice), lambda leak: leak.advice):
        yield advice, list(group)


def _tier(audit: BlindingAudit, tier: Tier) -> None:
    features = [feature for feature in audit.of_tier(tier) if not feature.same_in_all]
    st.subheader(TIER_TITLES[tier])
    st.caption(f"{TIER_NOTES[tier]} {same_in_all_text(audit.of_tier(tier))}")
    if not features:
        return
    draw(auc_by_feature(features, page_theme()), key=f"figure {tier}")
    rows = [
        {
            "Feature": feature.name,
            "AUC": f"{feature.auc:.3f}",
            "95 % interval": "{:.3f} to {:.3f}".format(*feature.ci95),
            "p": f"{feature.p:.4f}",
            "p by patient": "" if feature.p_by_patient is None else f"{feature.p_by_patient:.4f}",
            "Verdict": "leak" if feature.is_leak else "",
        }
        for feature in features
    ]
    table = pd.DataFrame(rows)
    st.table(table.loc[:, (table != "").any()], border="horizontal", hide_index=True)
    st.caption(f"AUC of synthetic ({audit.n_synthetic}) against real ({audit.n_real}); p by shuffling the truth.")


def _pairs(paths: WorkspacePaths, study: Study, pairs: Sequence[SimilarPair]) -> None:
    st.subheader("Nearly the same picture")
    if not pairs:
        st.write("No two stimuli are nearly the same picture.")
        return
    st.write(
        "Who has seen one of a pair has an answer for the other. Draw fewer slices of a patient, farther apart."
    )
    pictures = stimulus_pictures(paths, study, {name for pair in pairs for name in pair.names})
    for pair in pairs:
        words = "real and synthetic" if pair.across else "of one kind"
        st.caption(f"Correlation {pair.correlation:.3f}, {words}{', mirrored' if pair.mirrored else ''}")
        show_pictures([("", name, pictures[name]) for name in pair.names])


main()
