"""The analysis of a study as a command: a study of ordinary size, and tables of a million rows."""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.commands import figures_of, timed_command
from tests.benchmarks.figures import Figure

N_RUNS = 5
MILLION = ((20, 50_000), (100, 10_000), (1_000, 1_000))  # readers, images


def measure_analysis() -> list[Figure]:
    """Each run is a process of its own, from its start to its end: the table is read, checked and analyzed."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        study = response_table(scratch, n_readers=20, n_images=1_000)
        runs = [timed_command("analyze", study, workspace=scratch) for _ in range(N_RUNS)]
        return [
            *figures_of("mrturing analyze, 20 readers x 1,000 images, p50", runs, at_most_s=5),
            *(figure for shape in MILLION for figure in _million_rows(scratch, *shape)),
        ]


def _million_rows(scratch: Path, n_readers: int, n_images: int) -> list[Figure]:
    table = response_table(scratch, n_readers=n_readers, n_images=n_images)
    run = timed_command("analyze", table, workspace=scratch)
    table.unlink()
    return figures_of(
        f"a million rows, {n_readers:,} readers x {n_images:,} images", [run], at_most_s=60, at_most_gb=2
    )


def response_table(folder: Path, *, n_readers: int, n_images: int) -> Path:
    """A CSV with every column that the analysis knows; readers are right in 7 and 9 of 10 answers."""
    rng = np.random.default_rng(0)
    image, reader = np.tile(np.arange(n_images), n_readers), np.repeat(np.arange(n_readers), n_images)
    synthetic, tumor = image % 2 == 1, image // 2 % 2 == 1
    n = image.size
    called, seen = synthetic ^ (rng.random(n) > 0.7), tumor ^ (rng.random(n) > 0.9)
    table = pd.DataFrame(
        {
            "reader_id": np.char.add("reader-", reader.astype(str)),
            "case_id": np.char.add("image-", image.astype(str)),
            "truth": np.where(synthetic, "synthetic", "real"),
            "decision": np.where(called, "synthetic", "real"),
            "confidence": rng.integers(1, 6, n),
            "response_time_ms": rng.integers(500, 9_000, n),
            "tumor_status": np.where(tumor, "tumor", "nontumor"),
            "tumor_decision": np.where(seen, "tumor", "nontumor"),
            "tumor_confidence": rng.integers(1, 6, n),
            "tumor_response_time_ms": rng.integers(500, 9_000, n),
            "trial_index": image,
            "is_repeat": False,
            "subject_id": np.char.add("patient-", (image // 10).astype(str)),
            "generator": np.where(synthetic, np.where(image % 3 == 0, "pggan", "eigenimage"), ""),
        }
    )
    path = folder / f"responses-{n_readers}-{n_images}.csv"
    table.to_csv(path, index=False)
    return path
