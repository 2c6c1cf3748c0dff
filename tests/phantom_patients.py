"""Made-up patients on disk, in the BraTS layout: a bright box for a head, a small one in it for a tumor."""

from pathlib import Path

import numpy as np

from core.imaging.nifti import write_segmentation, write_volume
from core.imaging.volume import Segmentation, Volume

N_SLICES = 31  # slices 6 to 26 are in range; 10 to 14 show tumor, 7 stay as nontumor
N_TUMOR = 5
N_NONTUMOR = 7
SPACING_MM = (10.0, 10.0, 1.0)


def write_patients(root: Path, n: int, *, segmented: bool = True) -> Path:
    """Write `p0` to `p<n-1>` into `root` and return it."""
    for number in range(n):
        name = f"p{number}"
        (root / name).mkdir(parents=True)
        volume = Volume(voxels=_head(number), spacing_mm=SPACING_MM)
        write_volume(root / name / f"{name}_t1ce.nii.gz", volume)
        if segmented:
            segmentation = Segmentation(labels=_tumor(), spacing_mm=SPACING_MM)
            write_segmentation(root / name / f"{name}_seg.nii.gz", segmentation)
    return root


def _head(seed: int) -> np.ndarray:
    voxels = np.full((24, 24, N_SLICES), -3.0, np.float32)
    voxels[4:20, 3:21] = np.random.default_rng(seed).uniform(0.9, 1.1, (16, 18, N_SLICES))
    voxels[4:20, 3:6] *= 2
    return voxels


def _tumor() -> np.ndarray:
    labels = np.zeros((24, 24, N_SLICES), np.uint8)
    labels[10:13, 10:13, 10:15] = 1
    return labels
