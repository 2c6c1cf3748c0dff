"""What a browser's network panel shows of a PNG without looking at the picture."""

import struct
from collections.abc import Iterator, Mapping

_SHOWN_CHUNKS = {b"IHDR", b"IDAT", b"IEND"}


def header_fields(png: bytes) -> Mapping[str, float]:
    """Byte size and every header field by name; what cannot be parsed has fields of 0."""
    chunks = [*_chunks(png)]
    header = next((data for kind, data in chunks if kind == b"IHDR" and len(data) == 13), bytes(13))
    width, height, bit_depth, color_type, _, _, interlace = struct.unpack(">II5B", header)
    compressed = b"".join(data for kind, data in chunks if kind == b"IDAT")
    return {
        "PNG byte size": len(png),
        "PNG width": width,
        "PNG height": height,
        "PNG bit depth": bit_depth,
        "PNG color type": color_type,
        "PNG interlacing": interlace,
        "PNG compression": int.from_bytes(compressed[:2]),
        "PNG chunks": len(chunks),
        "PNG metadata bytes": sum(len(data) for kind, data in chunks if kind not in _SHOWN_CHUNKS),
    }


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    position = 8
    while position + 8 <= len(png):
        length, kind = struct.unpack(">I4s", png[position : position + 8])
        yield kind, png[position + 8 : position + 8 + length]
        position += 12 + length
