"""The eigenimage baseline: principal components of real images, mixed with Gaussian coefficients.

The idea is that of eigenfaces (Turk & Pentland 1991): an honest, instant generator that is easy to spot, which
every better one must beat.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from core.errors import BadInputError
from core.imageset.record import IMAGE_SIZE
from core.synthesis.generator import latents_between

MOST_COMPONENTS = 80
MOST_TRAINING_IMAGES = 2000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EigenimageGenerator:
    """`mean` float32 [256*256] and `scaled_components` float32 [k, 256*256], each times its standard deviation."""

    mean: NDArray[np.float32]
    scaled_components: NDArray[np.float32]

    @classmethod
    def fit(cls, pixels: NDArray[np.uint8], seed: int) -> Self:
        """Fit to real images, uint8 [N, 256, 256], N at least 2; more than 2,000 are thinned out at random."""
        from sklearn.decomposition import PCA

        n_images = len(pixels)
        if n_images < 2:
            raise BadInputError(f"{n_images} training images are too few for a generator.", "Import more patients.")
        rng = np.random.default_rng(seed)
        chosen = np.sort(rng.permutation(n_images)[:MOST_TRAINING_IMAGES])
        rows = pixels[chosen].reshape(len(chosen), -1).astype(np.float32)
        n_components = min(MOST_COMPONENTS, len(chosen) - 1)
        pca = PCA(n_components=n_components, svd_solver="randomized", random_state=seed).fit(rows)
        scale = np.sqrt(pca.explained_variance_)[:, None]
        return cls(
            mean=np.ascontiguousarray(pca.mean_, np.float32),
            scaled_components=np.ascontiguousarray(pca.components_ * scale, np.float32),
        )

    @property
    def resampling_factor(self) -> float:
        return 1.0

    def images(self, seeds: Sequence[int]) -> NDArray[np.uint8]:
        """Return one image per seed, uint8 [len(seeds), 256, 256]."""
        return np.stack([self._image(coefficients) for coefficients in self._coefficients(seeds)])

    def between(self, seeds: Sequence[int], steps: int) -> NDArray[np.uint8]:
        """The way from seed to seed, uint8 [(len(seeds) - 1) * steps + 1, 256, 256]."""
        return np.stack([self._image(one) for one in latents_between(self._coefficients(seeds), steps)])

    def _coefficients(self, seeds: Sequence[int]) -> NDArray[np.float32]:
        n_components = len(self.scaled_components)
        return np.stack([np.random.default_rng(one).standard_normal(n_components) for one in seeds]).astype(
            np.float32
        )

    def _image(self, coefficients: NDArray[np.float32]) -> NDArray[np.uint8]:
        gray = self.mean + coefficients @ self.scaled_components
        return np.clip(np.rint(gray), 0, 255).astype(np.uint8).reshape(IMAGE_SIZE, IMAGE_SIZE)

    def save(self, path: Path) -> None:
        """Write the checkpoint; safetensors wants contiguous arrays, which `fit` makes."""
        save_file({"mean": self.mean, "scaled_components": self.scaled_components}, path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a checkpoint; raises BadInputError when it is missing or is not one of these."""
        try:
            tensors = load_file(path)
            return cls(mean=tensors["mean"], scaled_components=tensors["scaled_components"])
        except Exception as error:  # numpy may not even know the kind of numbers in a foreign file
            raise BadInputError(
                f"{path} is not an eigenimage checkpoint ({error}).", "Train the generator again."
            ) from error
