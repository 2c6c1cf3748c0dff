"""Where curators disagree, on the Curation page: how often, on which images, and the researcher's last word."""

from collections.abc import Sequence

import streamlit as st

from core.access.person import Person
from core.curation.disagreement import Disagreement, OneDecision
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths
from core.workflows.resolutions import CuratorAgreement, disagreements
from pages.components.image_gallery import image_gallery


def disagreements_view(paths: WorkspacePaths, image_set: ImageSet, researcher: Person) -> None:
    found = disagreements(paths, image_set.name)
    if not found.agreement.pairs:
        st.info("Fewer than two people have decided on images of this set. Invite curators under Curators.")
        return
    st.markdown(_agreement_text(found.agreement))
    if not found.images:
        st.success("Nobody disagrees on an image that two or more decided on, or it was settled.")
        return
    st.caption(
        f"{len(found.images):,} images wait to be settled. What you decide here holds for all; what each "
        "curator decided stays beside it."
    )
    positions = [one.image_index for one in found.images]
    image_gallery(paths, image_set, researcher, mode="settle", subset=positions, notes=_notes(found.images))


def _agreement_text(agreement: CuratorAgreement) -> str:
    lines = []
    for pair in agreement.pairs:
        kappa = "not estimable" if pair.kappa is None else f"{pair.kappa:.2f}"
        lines.append(
            f"{' and '.join(pair.curators)}: Cohen's kappa **{kappa}** over {pair.n:,} images both decided"
        )
    if len(agreement.pairs) > 1 and agreement.krippendorff_alpha is not None:
        lines.append(f"All: Krippendorff's alpha **{agreement.krippendorff_alpha:.2f}**")
    return "  \n".join(lines)


def _notes(found: Sequence[Disagreement]) -> dict[int, str]:
    return {one.image_index: "; ".join(_said(decision) for decision in one.decisions) for one in found}


def _said(decision: OneDecision) -> str:
    why = decision.reason or decision.tumor_status
    return f"{decision.curator}: {decision.verdict}" + (f" ({why.replace('_', ' ')})" if why else "")
