"""Our JavaScript modules and style sheets as the one of each that an inline component may have."""

import re
from collections.abc import Sequence
from pathlib import Path

ASSETS = Path(__file__).resolve().parents[2] / "assets"
_IMPORT = re.compile(r'^import \{[^}\n]*\} from "\.\.?/[a-z_/]+\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default\b)", re.MULTILINE)


def joined(modules: Sequence[Path]) -> str:
    """Modules in order of use as one: imports of each other dropped, only the default export left."""
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", path.read_text())) for path in modules)


def themed(style_sheet: Path) -> str:
    """A component's own style sheet behind the one that all in the app's theme share."""
    return (ASSETS / "themed.css").read_text() + style_sheet.read_text()
