"""What a browser sees that nobody has signed in with."""

import streamlit as st

st.title("MR Turing")
st.write("Reading brain MR images: real or synthetic, tumor or non-tumor.")
st.info(
    "Nobody is signed in in this browser.  \n"
    "Readers: open the personal link you were sent. "
    "Researchers: open the link that `mrturing app` printed when it started."
)
