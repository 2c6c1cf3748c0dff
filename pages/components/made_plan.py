"""A plan that was made on the Planning page and waits for the next study that is made in this browser tab."""

import streamlit as st

from core.observer_performance.planning import expectation
from core.workflows.planning import Plan
from pages.components.session_store import recall, remember, take

_KEY = "plan for a study"


def offer(plan: Plan) -> None:
    """Say what a plan leads to, and take it to the Studies page on demand."""
    expected = expectation(plan.sample_size, plan.planned)
    width = expected.interval_width
    st.markdown(
        f"{plan.sample_size}. With these images the power is {100 * expected.power:.1f} %, and the 95 % interval "
        f"across readers {'not estimable' if width is None else f'{100 * width:.1f} points wide'}."
    )
    if st.button("Plan a study like this", type="primary"):
        remember(_KEY, plan)
    if made_plan() == plan:
        st.success(
            "The next study that is made on the Studies page has this size, and its protocol states the plan."
        )
        st.page_link("studies.py", label="Make the study", icon=":material/assignment:")


def made_plan() -> Plan | None:
    plan: Plan | None = recall(_KEY)
    return plan


def forget_plan() -> None:
    take(_KEY)
