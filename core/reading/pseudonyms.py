"""What readers are called outside the workspace: by numbers."""

from collections.abc import Sequence

from core.identifiers import PersonId
from core.reading.study import ReaderProgress


def pseudonyms(readers: Sequence[ReaderProgress]) -> dict[PersonId, str]:
    """Number the readers who have not withdrawn, in their order here; the numbers sort as text, too."""
    remaining = [reader.reader for reader in readers if not reader.withdrawn]
    digits = len(str(len(remaining)))
    return {reader: f"Reader {number:0{digits}d}" for number, reader in enumerate(remaining, start=1)}
