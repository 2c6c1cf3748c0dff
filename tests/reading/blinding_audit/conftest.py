"""Stimuli of two kinds that come from one hand: nothing tells them apart until a test plants something."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.identifiers import SubjectId
from core.imaging.png import encode_png
from core.reading.blinding_audit.stimuli import AuditedStimuli

N_OF_A_KIND = 30
MakeStimuli = Callable[..., AuditedStimuli]


def head(rng: np.random.Generator) -> NDArray[np.uint8]:
    """A smooth ellipse of its own size, place and brightness on exact black, uint8 [256, 256]."""
    y, x = np.mgrid[:256, :256]
    center, radii = rng.normal(127.5, 3, 2), rng.normal([70, 90], 4)
    inside = ((x - center[0]) / radii[0]) ** 2 + ((y - center[1]) / radii[1]) ** 2 < 1
    texture = cv2.GaussianBlur(rng.normal(0, 1, (256, 256)), (0, 0), 6)
    gray = rng.normal(110, 6) + 25 * texture / texture.std() + rng.normal(0, 6, (256, 256))
    bright = rng.random((256, 256)) < rng.uniform(0.0005, 0.001)
    return np.where(inside, np.where(bright, 255, np.clip(np.rint(gray), 9, 254)), 0).astype(np.uint8)


def stimuli_of(pixels: NDArray[np.uint8], **changes: object) -> AuditedStimuli:
    """The first half real, ten patients in turn; the second half synthetic."""
    n = len(pixels) // 2
    parts = {
        "names": [f"real/{k}" for k in range(n)] + [f"synthetic/{k}" for k in range(n)],
        "pixels": pixels,
        "pngs": [encode_png(image) for image in pixels],
        "synthetic": np.arange(2 * n) >= n,
        "subjects": [SubjectId(f"p{k % 10}") for k in range(n)] + [None] * n,
        "resampling_factors": np.ones(2 * n),
    }
    return AuditedStimuli(**parts | changes)


@pytest.fixture(scope="session")
def matched_pixels() -> NDArray[np.uint8]:
    rng = np.random.default_rng(7)
    return np.stack([head(rng) for _ in range(2 * N_OF_A_KIND)])


@pytest.fixture
def matched(matched_pixels: NDArray[np.uint8]) -> AuditedStimuli:
    return stimuli_of(matched_pixels)


@pytest.fixture
def planted(matched_pixels: NDArray[np.uint8]) -> MakeStimuli:
    """Change every synthetic image by a function of the image."""

    def plant(change: Callable[[NDArray[np.uint8]], NDArray[np.uint8]], **parts: object) -> AuditedStimuli:
        pixels = matched_pixels.copy()
        pixels[N_OF_A_KIND:] = [change(image) for image in pixels[N_OF_A_KIND:]]
        return stimuli_of(pixels, **parts)

    return plant
