"""What we measure ourselves against is what public repositories do: as much work, and the right result."""

import pytest
import torch

from core.synthesis.recipes import LIGHT_CHANNELS
from tests.benchmarks.flops import FlopCount
from tests.benchmarks.textbook_step import TextbookStep
from tests.benchmarks.training import made_up_batch


def test_at_64_pixels_light_it_costs_32_gflop_per_image():
    n = 16
    with torch.device("meta"):
        step = TextbookStep(LIGHT_CHANNELS[:5])
        batch = made_up_batch(resolution=64, n=n)
    with FlopCount() as count:
        step(*batch)
    assert count.total / n / 1e9 == pytest.approx(32, rel=0.1)


def test_it_learns_to_tell_real_from_synthetic():
    torch.manual_seed(0)
    step = TextbookStep((8, 8))
    batch = made_up_batch(resolution=8, n=4)
    losses = [float(step(*batch)[0]) for _ in range(20)]
    assert losses[-1] < losses[0]
