"""The page that the viewer is measured against: the same images and keys, as Streamlit's own widgets."""

import numpy as np
import streamlit as st

from core.settings import workspace_from_environment


@st.cache_resource
def images() -> list[np.ndarray]:
    files = sorted(workspace_from_environment().images.glob("*.npy"))
    return [image for file in files for image in np.load(file, mmap_mode="r")]


st.session_state.setdefault("answers", [])
answers = st.session_state.answers
pressed_real = st.button("Real", shortcut="f")
pressed_synthetic = st.button("Synthetic", shortcut="j")
if pressed_real or pressed_synthetic:
    answers.append("real" if pressed_real else "synthetic")
st.image(images()[len(answers) % len(images())], width=768)
