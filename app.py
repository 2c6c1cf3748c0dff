"""The front door: Streamlit's pages, the routes of their components and the guard in one process.

Run it with `mrturing app`, or `streamlit run app.py` with MRTURING_WORKSPACE set.
"""

import streamlit as st
from starlette.middleware import Middleware

from core.settings import workspace_from_environment
from core.web.embedding_routes import embedding_routes
from core.web.gallery_routes import gallery_routes
from core.web.guard import Guard
from core.web.join_routes import join_routes
from core.web.reading_routes import reading_routes

paths = workspace_from_environment()
app = st.App(
    "pages/navigation.py",
    routes=[*join_routes(paths), *reading_routes(paths), *gallery_routes(paths), *embedding_routes(paths)],
    middleware=[Middleware(Guard)],
)
