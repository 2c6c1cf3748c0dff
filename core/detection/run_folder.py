"""The folder of a detector's training: beside what every run has, its ticks and what it says of the test images.

predictions.json    the log-odds of a tumor for each test image; there once the training is finished

Its best checkpoint is the detector with the smallest loss on the validation partition. Needs no torch.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from core.errors import WorkspaceError
from core.provenance import canonical_json
from core.runs import run_folder
from core.runs.run_folder import write_whole

PREDICTIONS_FILE = "predictions.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """At the end of an epoch, over the validation partition. `auc` is None where it has one class only."""

    loss: float
    accuracy: float
    auc: float | None
    is_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """Means over the steps since the tick before; `epoch`: shown so far, 1.5 in the middle of the second.

    `loader_share`: of the time, in waiting for images. `seconds`: spent in training, also before a resume;
    `seconds_left`: at most, were training not to stop early. `validation`: only at the end of an epoch.
    """

    epoch: float
    shown_images: int
    loss: float
    accuracy: float
    images_per_s: float
    loader_share: float
    memory_mb: float
    seconds: float
    seconds_left: float
    validation: Validation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestImage:
    """One image of the test partition, by its position in a set."""

    __test__ = False  # pytest

    image_set: str
    position: int
    subject: str
    is_tumor: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """`log_odds` of a tumor: above 0, the detector says that there is one."""

    image: TestImage
    log_odds: float

    @property
    def is_wrong(self) -> bool:
        return (self.log_odds > 0) != self.image.is_tumor


class RunFolder(run_folder.RunFolder):
    @property
    def predictions_file(self) -> Path:
        return self.path / PREDICTIONS_FILE

    def append_tick(self, tick: Tick) -> None:
        """Raises WorkspaceError."""
        self.append_statistics(asdict(tick))

    def ticks(self) -> list[Tick]:
        """In order."""
        return [_tick(record) for record in self.statistics()]

    def rewind(self, shown_images: int) -> None:
        """Forget the ticks of steps that a resume from this point does again."""
        self.keep_statistics([asdict(tick) for tick in self.ticks() if tick.shown_images <= shown_images])

    def write_predictions(self, predictions: Sequence[Prediction]) -> None:
        rows = [asdict(one.image) | {"log_odds": one.log_odds} for one in predictions]
        write_whole(self.predictions_file, canonical_json(rows).encode())

    def predictions(self) -> list[Prediction]:
        """None of them before the training has finished. Raises WorkspaceError where they cannot be read."""
        try:
            rows: list[dict[str, Any]] = json.loads(self.predictions_file.read_bytes())
            return [Prediction(log_odds=row.pop("log_odds"), image=TestImage(**row)) for row in rows]
        except FileNotFoundError:
            return []
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise WorkspaceError(
                f"The predictions of the run {self.name} cannot be read ({error}).",
                f"Delete {self.predictions_file} and resume the run: it makes them again.",
            ) from error


def _tick(record: dict[str, Any]) -> Tick:
    validation = record.pop("validation")
    return Tick(**record, validation=Validation(**validation) if validation else None)
