"""The `.npy` file of an image set: written as a stream beside a temporary name, renamed when whole."""

import contextlib
import fcntl
import io
import os
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from core.errors import RefusedError, WorkspaceError
from core.imageset.record import IMAGE_SIZE
from core.provenance import sha256_of_file

_SHAPE = (IMAGE_SIZE, IMAGE_SIZE)
_IMAGE_BYTES = IMAGE_SIZE * IMAGE_SIZE
_HEADER_BYTES = 128
UNFINISHED_SUFFIX = ".part"


class PixelWriter:
    """Streams canonical images to `path`, which appears whole on `commit` or not at all.

    Used in a `with` block: leaving it without `commit` removes the temporary file. Raises WorkspaceError
    where the disk is full or cannot be written. A killed process leaves `.NAME.*.part`, nothing else, and
    `remove_abandoned` tells it from one that is being written by the lock that its writer holds.

    `unfinished` names the temporary file, for work so long that a later writer of the same name must go on with
    it: this one stays, and `n_images` of a new writer are those that lie in it, whole ones. Raises RefusedError
    while another process writes to it.
    """

    def __init__(self, path: Path, *, unfinished: Path | None = None) -> None:
        self.path = path
        self.n_images = 0
        self._sha256: str | None = None
        self._goes_on_later = unfinished is not None
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = _locked_temporary_file(path) if unfinished is None else _locked_file(unfinished)
        except OSError as error:
            raise _unwritable(path, error, kept=self._goes_on_later) from error
        self._unfinished = Path(name)
        self._file = os.fdopen(descriptor, "r+b")
        if unfinished is None:
            self._write(_npy_header(0))
        else:
            self._go_on()

    def append(self, image: NDArray[np.uint8]) -> int:
        """Write one canonical image and return its index."""
        if image.shape != _SHAPE or image.dtype != np.uint8:
            raise ValueError(f"not a canonical image: {image.dtype} {image.shape}")
        self._write(np.ascontiguousarray(image).data)
        self.n_images += 1
        return self.n_images - 1

    def forget(self) -> None:
        """Begin anew, without what an earlier writer left unfinished."""
        self._file.truncate(0)
        self._go_on()

    def finish(self) -> str:
        """Make what was written durable and return its SHA-256: the slow part, to be done before a transaction."""
        try:
            self._file.seek(0)
            self._file.write(_npy_header(self.n_images))
            self._file.flush()
            os.fsync(self._file.fileno())
            self._sha256 = sha256_of_file(self._unfinished)
        except OSError as error:
            self.discard()
            raise _unwritable(self.path, error, kept=self._goes_on_later) from error
        return self._sha256

    def commit(self) -> str:
        """Give the finished file its name and return its SHA-256."""
        sha256 = self._sha256 or self.finish()
        try:
            self._unfinished.replace(self.path)
            self._file.close()
            _sync_folder(self.path.parent)
        except OSError as error:
            self.discard()
            raise _unwritable(self.path, error, kept=self._goes_on_later) from error
        return sha256

    def discard(self) -> None:
        """Remove what was written, unless it is to be gone on with. Does nothing after `commit`."""
        with contextlib.suppress(OSError):  # a full disk refuses the buffered rest, which is unwanted anyway
            self._file.close()
        if not self._goes_on_later:
            self._unfinished.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.discard()

    def _go_on(self) -> None:
        """Behind the last whole image of an unfinished file, which may be empty."""
        n_bytes = self._file.seek(0, os.SEEK_END)
        self.n_images = images_in(n_bytes)
        self._file.seek(0)
        self._write(_npy_header(0))
        self._file.truncate(_HEADER_BYTES + self.n_images * _IMAGE_BYTES)
        self._file.seek(0, os.SEEK_END)

    def _write(self, data: bytes | memoryview) -> None:
        try:
            self._file.write(data)
        except OSError as error:
            self.discard()
            raise _unwritable(self.path, error, kept=self._goes_on_later) from error


def images_in(n_bytes: int) -> int:
    """How many whole images a file of this size holds, finished or not."""
    return max(0, n_bytes - _HEADER_BYTES) // _IMAGE_BYTES


def remove_abandoned(folder: Path) -> None:
    """Remove what killed writers left unfinished in a folder; those that are still at work keep theirs."""
    for file in folder.glob(f".*{UNFINISHED_SUFFIX}"):
        with contextlib.suppress(OSError), file.open("rb") as unfinished:
            fcntl.flock(unfinished, fcntl.LOCK_EX | fcntl.LOCK_NB)
            file.unlink()


def open_pixels(path: Path) -> NDArray[np.uint8]:
    """The images of a set, uint8 [N, 256, 256], memory-mapped and read-only. Raises WorkspaceError."""
    try:
        pixels: NDArray[np.uint8] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WorkspaceError(
            f"The images of {path.name} cannot be read ({error}).",
            "Run `mrturing doctor`, or restore the file from a copy.",
        ) from error
    if pixels.dtype != np.uint8 or pixels.shape[1:] != _SHAPE:
        raise WorkspaceError(
            f"{path.name} holds {pixels.dtype} {pixels.shape}, not canonical images.",
            "Restore the file from a copy.",
        )
    return pixels


def _locked_temporary_file(path: Path) -> tuple[int, str]:
    while True:
        descriptor, name = tempfile.mkstemp(UNFINISHED_SUFFIX, f".{path.name}.", path.parent)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if Path(name).exists():  # nobody took it for abandoned before it was locked
            return descriptor, name
        os.close(descriptor)


def _locked_file(path: Path) -> tuple[int, str]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise RefusedError(
            f"Another process is writing {path.name} already.", "Wait until it ends, or choose another name."
        ) from None
    return descriptor, str(path)


def _npy_header(n_images: int) -> bytes:
    """128 bytes for any number of images: numpy leaves room for a growing first axis."""
    buffer = io.BytesIO()
    fields: dict[str, Any] = {"descr": "|u1", "fortran_order": False, "shape": (n_images, *_SHAPE)}
    np.lib.format.write_array_header_1_0(buffer, fields)
    return buffer.getvalue()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError, *, kept: bool = False) -> WorkspaceError:
    next_step = "then do the same again: it goes on from here" if kept else "then import again; nothing was kept"
    return WorkspaceError(
        f"The images of {path.stem} cannot be written ({error.strerror}).",
        f"Free space or check the permissions of {path.parent}, {next_step}.",
    )
