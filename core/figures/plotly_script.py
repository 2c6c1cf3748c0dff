"""Plotly's own script, as the installed package has it: the app's pages load it from no other host."""

from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

ADDRESS = f"/plotly/{version('plotly')}.js"  # another one after an update, so that browsers may keep it


def plotly_script() -> Path:
    spec = find_spec("plotly")
    assert spec is not None  # a dependency of ours
    assert spec.origin is not None
    return Path(spec.origin).parent / "package_data" / "plotly.min.js"
