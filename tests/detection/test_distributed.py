"""Two processes that share each batch train as one that has all of it."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from core.detection.checkpoint import load_checkpoint
from core.detection.run_folder import RunFolder
from core.errors import BadInputError
from core.runs.distributed import Workers
from tests.detection.tiny_detector import SMALL, run_training

ROOT = Path(__file__).parents[2]
CONFIG = replace(SMALL, dropout=0.0, frozen_batch_norm=True, most_epochs=2)  # none is synchronized on processors

TRAIN = """
import sys
from pathlib import Path
import torch
from core.runs.distributed import joined
from tests.detection.test_distributed import CONFIG
from tests.detection.tiny_detector import run_training

torch.set_num_threads(1)
with joined("cpu"):
    print(run_training(Path(sys.argv[1]), CONFIG).state)
"""


@pytest.mark.timeout(600)
def test_two_processes_equal_one_of_the_same_batch(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(TRAIN)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*launch, str(script), str(tmp_path / "two")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    run_training(tmp_path / "one", CONFIG)
    one, two = (RunFolder(tmp_path / name) for name in ("one", "two"))
    ours, theirs = (load_checkpoint(run.last_checkpoint).file.tensors for run in (one, two))
    assert ours.keys() == theirs.keys()
    for name in ours:
        torch.testing.assert_close(ours[name], theirs[name], rtol=1e-3, atol=1e-4, msg=name)
    said = [torch.tensor([row.log_odds for row in run.predictions()]) for run in (one, two)]
    torch.testing.assert_close(said[0], said[1], rtol=1e-2, atol=1e-3)


def test_a_batch_that_cannot_be_shared_is_refused() -> None:
    with pytest.raises(BadInputError, match="9 images cannot be shared by 2 processes"):
        Workers(rank=1, count=2).share(9)
    assert Workers(rank=1, count=2).share(10) == slice(5, 10)
