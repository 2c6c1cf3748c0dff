"""Where a workspace keeps what. Only entry points turn the environment into these values."""

import os
from dataclasses import dataclass
from pathlib import Path

from core.identifiers import EmbeddingName, ImageSetName, RunName

DEFAULT_WORKSPACE = Path("data/workspace")
WORKSPACE_VARIABLE = "MRTURING_WORKSPACE"
BASE_URL_VARIABLE = "MRTURING_BASE_URL"
DEFAULT_PORT = 8501


@dataclass(frozen=True, slots=True)
class WorkspacePaths:
    """The files and folders of one workspace."""

    root: Path

    @property
    def database(self) -> Path:
        return self.root / "mrturing.db"

    @property
    def images(self) -> Path:
        return self.root / "images"

    @property
    def runs(self) -> Path:
        return self.root / "runs"

    @property
    def experiment(self) -> Path:
        """What the experiment that is under way, or broke off, says of itself."""
        return self.root / "experiment"

    @property
    def exports(self) -> Path:
        return self.root / "exports"

    @property
    def features(self) -> Path:
        """What was computed from image sets once, in a folder per set; gone with it."""
        return self.root / "features"

    @property
    def triages(self) -> Path:
        return self.root / "triages"

    @property
    def embeddings(self) -> Path:
        return self.root / "embeddings"

    @property
    def compiled(self) -> Path:
        """Code that was compiled for this machine; made again where it is missing."""
        return self.root / "compiled"

    def image_set(self, name: ImageSetName) -> Path:
        """The `.npy` file of one image set: uint8 [N, 256, 256]."""
        return self.images / f"{name}.npy"

    def run(self, name: RunName) -> Path:
        return self.runs / name

    def embedding(self, name: EmbeddingName) -> Path:
        return self.embeddings / name


def workspace_from_environment() -> WorkspacePaths:
    """The workspace that MRTURING_WORKSPACE names, else the default one. For entry points."""
    return WorkspacePaths(Path(os.environ.get(WORKSPACE_VARIABLE, DEFAULT_WORKSPACE)))


def base_url_from_environment() -> str:
    """The address that links begin with: MRTURING_BASE_URL, else this machine only. For entry points."""
    return os.environ.get(BASE_URL_VARIABLE, f"http://localhost:{DEFAULT_PORT}")
