"""The script behind every page: who is here decides which pages there are."""

from pathlib import Path

import streamlit as st

from core.access.person import Role
from pages.components.access_gate import signed_in_as
from pages.components.error_boundary import shown_errors

ICON = Path(__file__).parents[1] / "assets" / "icon.svg"
RESEARCHER_PAGES = {
    "": [("home", "Home", ":material/home:")],
    "Images": [
        ("cohorts", "Patients", ":material/groups:"),
        ("library", "Library", ":material/photo_library:"),
        ("generators", "Generators", ":material/model_training:"),
        ("curation", "Curation", ":material/rule:"),
        ("fidelity", "Fidelity", ":material/compare:"),
        ("embedding", "Embedding", ":material/scatter_plot:"),
    ],
    "Augmentation": [
        ("detectors", "Detectors", ":material/troubleshoot:"),
    ],
    "Reader study": [
        ("planning", "Planning", ":material/straighten:"),
        ("studies", "Studies", ":material/assignment:"),
        ("blinding", "Blinding audit", ":material/visibility_off:"),
        ("results", "Results", ":material/analytics:"),
    ],
}


def main() -> None:
    # An icon of our own: without one, the browser is sent to another company's server for that of the page.
    st.set_page_config(page_title="MR Turing", page_icon=ICON, layout="wide")
    with shown_errors():
        _run_page()


def _run_page() -> None:
    pages = {}
    if signed_in_as(Role.RESEARCHER) is not None:
        pages |= {
            section: [_page(*entry, first=entry[0] == "home") for entry in entries]
            for section, entries in RESEARCHER_PAGES.items()
        }
    elif signed_in_as(Role.CURATOR) is not None:
        pages["Images"] = [_page("curation", "Curation", ":material/rule:", first=True)]
    if signed_in_as(Role.READER) is not None:
        pages["Reading"] = [_page("reading", "Reading", ":material/visibility:", first=not pages)]
    if not pages:
        pages[""] = [_page("welcome", "Welcome", ":material/lock:", first=True)]
    only_one = sum(len(entries) for entries in pages.values()) == 1
    st.navigation(pages, position="hidden" if only_one else "sidebar").run()


def _page(name: str, title: str, icon: str, *, first: bool) -> st.Page:
    return st.Page(f"{name}.py", title=title, icon=icon, url_path=name, default=first)


main()
