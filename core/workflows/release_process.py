"""Making a release as a process of its own: measuring what discarding did takes longer than a page may."""

from core.identifiers import ImageSetName, ReleaseName, checked_name
from core.settings import WorkspacePaths
from core.workflows.detached import answer_of

RELEASED_WITHIN_S = 3600.0


def make_release(
    paths: WorkspacePaths, image_set: ImageSetName, name: ReleaseName, *, accept_rest: bool
) -> dict[str, object]:
    """`mrturing curation release`, waited for; returns what it prints as JSON, raises what it refuses."""
    checked_name(name, "release")
    words = ["curation", "release", image_set, "--name", name, *(["--accept-rest"] if accept_rest else [])]
    return answer_of(paths, words, within_s=RELEASED_WITHIN_S)
