"""Two processes train what one does with the same global batch: penalty and minibatch deviation included."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from core.errors import BadInputError
from core.runs.distributed import Workers
from core.runs.run_folder import RunState
from core.synthesis.run_folder import RunFolder
from tests.tiny_training import all_tensors, run_training

ROOT = Path(__file__).parents[2]

TRAIN = """
import sys
import time
from pathlib import Path
import torch
from core.runs.distributed import joined
from core.synthesis.recording import Recorder
from tests.tiny_training import run_training

def slowly(recorder, state, *, save=Recorder.save):
    time.sleep(1)  # the other process would resume meanwhile
    save(recorder, state)

Recorder.save = slowly
torch.set_num_threads(1)
with joined("cpu"):
    paused = run_training(Path(sys.argv[1]), stop_after=14)
    finished = run_training(Path(sys.argv[1]), resume=True)
sys.stdout.write(f"{paused.outcome.state} {finished.outcome.state}\\n")  # at once: the other writes there, too
"""


def on_two_processes(folder: Path, script: Path) -> list[str]:
    """What the two print."""
    script.write_text(TRAIN)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        [*launch, str(script), str(folder)], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.splitlines()


@pytest.mark.timeout(600)
def test_two_processes_equal_one_also_after_a_pause_in_the_middle_of_a_fade(tmp_path: Path) -> None:
    """Within float tolerance: sums are taken in another order, and Adam's first steps carry every difference on."""
    printed = on_two_processes(tmp_path / "two", tmp_path / "train.py")
    assert printed == ["paused finished"] * 2
    assert RunFolder(tmp_path / "two").state() is RunState.FINISHED
    run_training(tmp_path / "one")
    two, one = (all_tensors(RunFolder(tmp_path / name).last_checkpoint) for name in ("two", "one"))
    assert two.keys() == one.keys()
    for name, tensor in one.items():
        assert torch.allclose(two[name], tensor, rtol=1e-3, atol=1e-4), name
    ticks = [RunFolder(tmp_path / name).ticks() for name in ("two", "one")]
    last_two, last_one = ticks[0][-1], ticks[1][-1]
    assert last_two.discriminator_loss == pytest.approx(last_one.discriminator_loss, rel=1e-3)
    assert last_two.gradient_penalty == pytest.approx(last_one.gradient_penalty, rel=1e-3)


def test_shares_are_whole_groups_and_together_the_batch() -> None:
    shares = [Workers(rank=rank, count=4).share(32, 4) for rank in range(4)]
    assert [n for share in shares for n in range(32)[share]] == list(range(32))


@pytest.mark.parametrize(("batch", "count", "group"), [(16, 3, 4), (8, 4, 4), (12, 2, 4)])
def test_a_batch_that_cannot_be_shared_is_refused_in_one_line(batch: int, count: int, group: int) -> None:
    with pytest.raises(BadInputError, match=f"batch of {batch} images cannot be shared by {count}"):
        Workers(rank=0, count=count).share(batch, group)
