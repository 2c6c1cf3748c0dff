"""Folders on the app's computer, as people type them."""

from pathlib import Path

from core.errors import BadInputError


def typed_folder(text: str) -> Path:
    """The folder that was typed. An empty field is nobody's wish for the folder that the app runs in."""
    if not text.strip():
        raise BadInputError("No folder is named.", "Type the path of a folder on the app's computer.")
    return Path(text.strip()).expanduser()
