"""Generators: train one on a cohort's training patients, watch it learn, and draw synthetic images from it."""

import streamlit as st

from core.workflows.generators import all_generators, unreadable_runs
from pages.components.access_gate import researchers_only
from pages.components.error_boundary import show_error, shown_errors
from pages.components.feedback import say_what_was_done
from pages.components.generator_details import generator_details
from pages.components.generator_runs import generator_runs
from pages.components.run_list import run_list
from pages.components.training_form import training_form


def main() -> None:
    paths = researchers_only()
    st.title("Generators")
    st.write(
        "A generator learns to make images like those of a cohort's training patients. It trains on its own: "
        "this page and the app may be closed meanwhile."
    )
    # What comes and goes has a place of its own: else all below it would move, and an open form would close.
    with st.container():
        say_what_was_done()
    with shown_errors():
        runs = all_generators(paths)
        for problem in unreadable_runs(paths):
            show_error(problem)
        with st.container():
            chosen = run_list(paths, generator_runs(), runs) if runs else None
        with st.expander("Train a generator", icon=":material/add:", expanded=not runs):
            training_form(paths)
        if chosen:
            generator_details(paths, chosen, runs)


main()
