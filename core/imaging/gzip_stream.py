"""Gzip files into memory: libdeflate at once where it can, zlib in pieces where it must."""

import ctypes
import functools
import zlib
from collections.abc import Callable

import deflate
import numpy as np
from numpy.typing import NDArray

_PIECE_BYTES = 1 << 20
_MAGIC = b"\x1f\x8b"


def is_gzip(raw: bytes) -> bool:
    return raw[:2] == _MAGIC


def gunzip_start(raw: bytes, n_bytes: int) -> bytes:
    """The first `n_bytes` of a gzip stream, or fewer where it ends earlier or is damaged from its start."""
    try:
        return zlib.decompressobj(wbits=31).decompress(raw[: 4 * n_bytes], n_bytes)
    except zlib.error:
        return b""


def gunzip_whole(raw: bytes, n_bytes: int) -> NDArray[np.uint8] | None:
    """All of a one-member stream that holds exactly `n_bytes`, by libdeflate; None if it is anything else."""
    if int.from_bytes(raw[-4:], "little") != n_bytes % (1 << 32):
        return None
    inflate = _inflate_into()
    if inflate is not None:
        out = np.empty(n_bytes, np.uint8)
        return out if inflate(raw, out) else None
    try:
        unpacked = deflate.gzip_decompress(raw, n_bytes)
    except deflate.DeflateError:
        return None
    return np.frombuffer(unpacked, np.uint8) if len(unpacked) == n_bytes else None


def gunzip_pieces(raw: bytes, n_bytes: int) -> tuple[bytearray, bool]:
    """The first `n_bytes` (or one more) of a stream of any members, and whether what was read is undamaged.

    Grows with the bytes that are really there, never with what a header claims.
    """
    out = bytearray()
    rest = raw
    while is_gzip(rest) and len(out) < n_bytes:
        member = zlib.decompressobj(wbits=31)
        # One byte more than wanted is asked for, so that the checksum at the end of the member is seen.
        while not member.eof and len(out) <= n_bytes:
            try:
                piece = member.decompress(rest, min(_PIECE_BYTES, n_bytes + 1 - len(out)))
            except zlib.error:
                return out, False
            rest = member.unconsumed_tail
            if not piece and not member.eof:
                return out, True
            out += piece
        rest = member.unused_data
    return out, True


@functools.cache
def _inflate_into() -> Callable[[bytes, NDArray[np.uint8]], bool] | None:
    """libdeflate writing into our own array, or None where its functions cannot be reached.

    `deflate.gzip_decompress` returns a fresh bytearray, and touching its 9,000 new pages takes as long as the
    decompression; numpy's memory comes in huge pages. The package exports libdeflate's stable C interface,
    so it is called directly.
    """
    try:
        library = ctypes.CDLL(deflate._deflate.__file__)
        decompress = library.libdeflate_gzip_decompress
        allocate, free = library.libdeflate_alloc_decompressor, library.libdeflate_free_decompressor
    except (AttributeError, OSError):
        return None
    allocate.restype = ctypes.c_void_p
    free.argtypes = [ctypes.c_void_p]
    pointer, size = ctypes.c_void_p, ctypes.c_size_t
    decompress.argtypes = [pointer, ctypes.c_char_p, size, pointer, size, pointer]

    def inflate(raw: bytes, out: NDArray[np.uint8]) -> bool:
        decompressor = allocate()
        if not decompressor:
            return False
        try:
            # The last argument, no place for a count, asks for exactly len(out) bytes; 0 is success.
            return bool(decompress(decompressor, raw, len(raw), out.ctypes.data, len(out), None) == 0)
        finally:
            free(decompressor)

    return inflate
