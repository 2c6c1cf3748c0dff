"""What the way to a picture leaves in it, on phantoms that can be counted by hand."""

import io

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.imaging.png import encode_png
from core.reading.blinding_audit.pipeline_artifacts import advice_for, pixel_artifacts
from core.reading.blinding_audit.png_header import header_fields


def picture(rng_seed: int = 0) -> np.ndarray:
    """256 x 256 of 100..199, so that every test can draw into it."""
    return np.random.default_rng(rng_seed).integers(100, 200, (256, 256)).astype(np.uint8)


def framed(above: int, below: int, left: int, right: int, level: int = 0) -> np.ndarray:
    image = np.full((256, 256), level, np.uint8)
    image[above : 256 - below, left : 256 - right] = picture()[above : 256 - below, left : 256 - right]
    return image


def test_borders_are_counted_on_each_side_whatever_their_gray_level() -> None:
    for level in (0, 7):
        found = pixel_artifacts(framed(3, 11, 20, 40, level))
        sides = [found[f"Border {side}"] for side in ("above", "below", "left", "right")]
        assert sides == [3, 11, 20, 40]


def test_an_image_of_one_gray_level_is_all_border() -> None:
    found = pixel_artifacts(np.full((256, 256), 9, np.uint8))
    assert (found["Border above"], found["Border right"], found["Gray levels"]) == (256, 256, 1)
    assert (found["Missing gray levels"], found["Histogram comb"]) == (0, 0)


def test_air_is_black_that_reaches_the_frame_and_the_rest_is_clipped() -> None:
    image = framed(16, 0, 0, 0)
    image[100:110, 100:120] = 0
    found = pixel_artifacts(image)
    assert found["Exact-zero air"] == 16 * 256 / 65536
    assert found["Clipped at 0"] == 200 / 65536


def test_a_floor_and_faint_gray_are_seen_where_nobody_sees_them() -> None:
    found = pixel_artifacts(framed(30, 30, 30, 30, level=3))
    assert found["Background floor"] == 3
    assert found["Faint gray"] == 1 - 196**2 / 65536
    assert found["Exact-zero air"] == 0
    assert pixel_artifacts(picture())["Faint gray"] == 0


def test_saturation_is_the_share_of_255() -> None:
    image = picture()
    image[:4, :4] = 255
    assert pixel_artifacts(image)["Clipped at 255"] == 16 / 65536


def test_levels_and_the_gaps_between_them_are_counted() -> None:
    whole, halved = pixel_artifacts(picture()), pixel_artifacts(picture() // 2 * 2)
    assert (whole["Gray levels"], whole["Missing gray levels"]) == (100, 0)
    assert halved["Gray levels"] == 50
    assert halved["Missing gray levels"] == pytest.approx(0.5, abs=0.01)


def smooth_histogram(seed: int) -> np.ndarray:
    return np.clip(np.rint(np.random.default_rng(seed).normal(120, 25, (256, 256))), 0, 255)


@pytest.mark.parametrize(
    "rescaled",
    [
        lambda image: image // 3 * 3,
        lambda image: np.clip(np.rint(image * 1.25), 0, 255),
        lambda image: np.rint(np.rint(image * 0.8) / 0.8),
    ],
)
def test_rounding_twice_leaves_a_comb(rescaled) -> None:
    smooth = [pixel_artifacts(smooth_histogram(seed).astype(np.uint8))["Histogram comb"] for seed in range(20)]
    combed = pixel_artifacts(rescaled(smooth_histogram(99)).astype(np.uint8))["Histogram comb"]
    assert combed > 1.5 * max(smooth)


def test_the_header_of_our_own_pngs_is_known_by_heart() -> None:
    assert header_fields(encode_png(picture())) == {
        "PNG byte size": len(encode_png(picture())),
        "PNG width": 256,
        "PNG height": 256,
        "PNG bit depth": 8,
        "PNG color type": 0,
        "PNG interlacing": 0,
        "PNG compression": 0x7801,
        "PNG chunks": 3,
        "PNG metadata bytes": 0,
    }


def test_another_encoder_shows_in_the_header() -> None:
    buffer, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("Software", "a generator")
    Image.fromarray(picture()).convert("RGB").save(buffer, "PNG", pnginfo=text)
    found = header_fields(buffer.getvalue())
    assert found["PNG color type"] == 2
    assert found["PNG metadata bytes"] == len(b"Software\x00a generator")
    assert found["PNG compression"] != 0x7801


@pytest.mark.parametrize("content", [b"", b"\x89PNG", b"GIF89a" * 10, encode_png(picture())[:40]])
def test_bytes_that_are_no_png_have_fields_all_the_same(content: bytes) -> None:
    assert header_fields(content)["PNG byte size"] == len(content)


def test_there_is_advice_for_every_artifact() -> None:
    names = [*pixel_artifacts(picture()), *header_fields(b""), "Resampling factor"]
    assert all(advice_for(name).endswith(".") for name in names)
    assert advice_for("Border left") != advice_for("PNG chunks") != advice_for("Exact-zero air")
