"""Curators on the Curation page: invite them by a personal link, and end it; the reasons that they choose from."""

import streamlit as st

from core.access.person import Person
from core.curation.reasons import ExclusionReason
from core.imageset.record import ImageSet
from core.settings import WorkspacePaths, base_url_from_environment
from core.workflows.access import CuratorAccess, curators, invite_curator, revoke_curator
from core.workflows.curation import add_reason, all_reasons
from pages.components.error_boundary import shown_errors
from pages.components.feedback import done


def people_view(paths: WorkspacePaths, image_set: ImageSet, _: Person) -> None:
    st.write("Curators see this page only. Each has a personal link, and decides without seeing the others'.")
    for access in curators(paths):
        _curator(paths, access)
    with st.form("invite a curator", border=False):
        left, right, button = st.columns([2, 2, 2], vertical_alignment="bottom")
        name = left.text_input("Curator", help="A name or a code.")
        again = right.checkbox("New link for somebody invited before; the old one ends")
        if button.form_submit_button("Make link", type="primary"):
            with shown_errors():
                link = invite_curator(paths, name, again=again, base_url=base_url_from_environment())
                done(f"Send this link to {name}. It works once.", link=link)
    st.subheader(f"Reasons to discard {image_set.kind} images")
    _reasons(paths, image_set)


def _curator(paths: WorkspacePaths, access: CuratorAccess) -> None:
    name = access.person.name
    words = "no link" if not access.has_link else "signed in" if access.signed_in else "invited, not signed in yet"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f"**{name}** · {words}", width="content")
        if access.has_link and st.button("End the link", key=f"revoke {name}"):
            with shown_errors():
                revoke_curator(paths, name)
                done(f"The link of {name} has ended. What was decided stays.")


def _reasons(paths: WorkspacePaths, image_set: ImageSet) -> None:
    known = all_reasons(paths, image_set.kind)
    st.markdown(
        "  \n".join(f"**{place}** {reason.title} · `{reason.code}`" for place, reason in enumerate(known, 1))
    )
    with st.form("add a reason", border=False):
        left, right, button = st.columns([2, 3, 2], vertical_alignment="bottom")
        code = left.text_input("Code", placeholder="motion_blur", help="For tables: small letters and underscores.")
        title = right.text_input("Reason, in words", placeholder="Motion blur")
        if button.form_submit_button("Add the reason"):
            with shown_errors():
                add_reason(paths, image_set.kind, ExclusionReason(code=code, title=title))
                done(f"{title} can be chosen from now on.")
