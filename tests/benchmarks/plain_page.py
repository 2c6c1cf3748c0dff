"""The page that the viewer is measured against: the same images, questions and keys, as Streamlit's own widgets.

It saves each response before it shows the next image, as a page that is run anew for each answer must.
"""

import sqlite3

import numpy as np
import streamlit as st

from core.settings import workspace_from_environment

paths = workspace_from_environment()


@st.cache_resource
def images() -> list[np.ndarray]:
    return [image for file in sorted(paths.images.glob("*.npy")) for image in np.load(file, mmap_mode="r")]


def save(index: int, decision: str, tumor_decision: str) -> None:
    connection = sqlite3.connect(paths.root / "plain.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE IF NOT EXISTS responses (trial_index, decision, tumor_decision)")
    connection.execute("INSERT INTO responses VALUES (?, ?, ?)", (index, decision, tumor_decision))
    connection.close()


def decide(question: str, decision: str) -> None:
    st.session_state[question] = decision
    if {"realism", "tumor"} <= st.session_state.keys():
        save(st.session_state.index, st.session_state.pop("realism"), st.session_state.pop("tumor"))
        st.session_state.index += 1


index = st.session_state.setdefault("index", 0)
st.caption(f"Image {index + 1} of {len(images())}")
st.button("Real", shortcut="f", on_click=decide, args=("realism", "real"))
st.button("Synthetic", shortcut="j", on_click=decide, args=("realism", "synthetic"))
st.button("Non-tumor", shortcut="d", on_click=decide, args=("tumor", "nontumor"))
st.button("Tumor", shortcut="k", on_click=decide, args=("tumor", "tumor"))
st.image(images()[index % len(images())], width=768)
