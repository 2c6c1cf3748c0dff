"""The PNG that a browser gets."""

import io
import struct

import numpy as np
from PIL import Image

from core.imaging.png import encode_png


def chunks(png: bytes) -> list[bytes]:
    names, at = [], 8
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        names.append(png[at + 4 : at + 8])
        at += size + 12
    return names


def test_pixels_survive_and_nothing_else_is_told(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (256, 256), np.uint8)
    png = encode_png(image)
    assert chunks(png) == [b"IHDR", b"IDAT", b"IEND"]
    opened = Image.open(io.BytesIO(png))
    assert opened.mode == "L"
    assert opened.info == {}
    np.testing.assert_array_equal(np.asarray(opened), image)


def test_all_images_have_one_byte_size(rng: np.random.Generator) -> None:
    images = [np.zeros((256, 256), np.uint8), rng.integers(0, 256, (256, 256), np.uint8)]
    assert len({len(encode_png(image)) for image in images}) == 1
