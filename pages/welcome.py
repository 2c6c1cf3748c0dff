"""What a browser sees that nobody has signed in with."""

import streamlit as st

from pages.components.access_gate import readers_link_has_ended

st.title("MR Turing")
st.write("Reading brain MR images: real or synthetic, tumor or non-tumor.")
if readers_link_has_ended():
    st.info(
        "Your personal link has ended, or another one replaced it.  \nAsk the person who invited you for a new one."
    )
else:
    st.info(
        "Nobody is signed in in this browser.  \n"
        "Readers: open the personal link you were sent. "
        "Researchers: open the link that `mrturing app` printed when it started."
    )
