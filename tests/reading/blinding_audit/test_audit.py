"""A planted leak of each kind is caught and named; what comes from one hand is passed."""

import io
import json
from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from core.imaging.png import encode_png
from core.reading.blinding_audit.audit import BlindingAudit, Tier, audit_stimuli
from core.reading.blinding_audit.remedy_trials import try_remedies
from core.reading.blinding_audit.report import audit_lines, verdict
from core.reading.blinding_audit.stimuli import AuditedStimuli
from core.reading.remedies import Remedies

Change = Callable[[np.ndarray], np.ndarray]
Plant = Callable[[Change], AuditedStimuli]


def leaks_of(stimuli: AuditedStimuli) -> set[str]:
    return {leak.name for leak in audit_stimuli(stimuli, seed=0).leaks}


def with_border(image: np.ndarray) -> np.ndarray:
    image = image.copy()
    image[:, :60] = 0
    return image


def stretched(image: np.ndarray) -> np.ndarray:
    return np.where(image == 255, 255, np.clip(np.rint(image * 1.2), 0, 254)).astype(np.uint8)


def clipped_above(image: np.ndarray) -> np.ndarray:
    return np.where(image >= 150, 255, image).astype(np.uint8)


def clipped_below(image: np.ndarray) -> np.ndarray:
    return np.where(image < 80, 0, image).astype(np.uint8)


def hazy(image: np.ndarray) -> np.ndarray:
    return np.maximum(image, cv2.blur(image, (25, 25)) // 16).astype(np.uint8)


PLANTED = [
    (with_border, {"Border left"}),
    (lambda image: np.roll(image, 25, 0), {"Border above", "Border below"}),
    (lambda image: with_border(image[:, ::-1])[:, ::-1], {"Border right"}),
    (lambda image: image // 4 * 4, {"Gray levels", "Missing gray levels", "Histogram comb"}),
    (stretched, {"Missing gray levels", "Histogram comb"}),
    (clipped_above, {"Clipped at 255"}),
    (clipped_below, {"Clipped at 0"}),
    (lambda image: np.maximum(image, 2), {"Background floor", "Exact-zero air", "Faint gray"}),
    (hazy, {"Faint gray", "Exact-zero air"}),
]


def test_what_comes_from_one_hand_has_no_leak(matched: AuditedStimuli) -> None:
    audit = audit_stimuli(matched, seed=0)
    assert audit.leaks == []
    assert verdict(audit) == ("No pipeline artifact was found to tell the 30 real and 30 synthetic stimuli apart.")


@pytest.mark.parametrize(("change", "expected"), PLANTED)
def test_a_leak_planted_in_the_pixels_is_caught(planted: Plant, change: Change, expected: set[str]) -> None:
    assert leaks_of(planted(change)) >= expected


def test_another_size_on_the_wire_is_caught(matched: AuditedStimuli) -> None:
    pngs = [png + bytes(int(synthetic)) for png, synthetic in zip(matched.pngs, matched.synthetic, strict=True)]
    assert leaks_of(replace(matched, pngs=pngs)) == {"PNG byte size"}


def other_encoder(image: np.ndarray, mode: str) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).convert(mode).save(buffer, "PNG")
    return buffer.getvalue()


def with_text(image: np.ndarray) -> bytes:
    buffer, text = io.BytesIO(), PngImagePlugin.PngInfo()
    text.add_text("Software", "a generator")
    Image.fromarray(image).save(buffer, "PNG", pnginfo=text)
    return buffer.getvalue()


def interlaced(image: np.ndarray) -> bytes:
    png = bytearray(encode_png(image))
    png[28] = 1  # the last byte of IHDR
    return bytes(png)


ENCODED = [
    (lambda image: other_encoder(image, "L"), {"PNG byte size", "PNG compression"}),
    (lambda image: other_encoder(image, "RGB"), {"PNG color type", "PNG byte size"}),
    (lambda image: other_encoder(image, "I;16"), {"PNG bit depth", "PNG byte size"}),
    (lambda image: encode_png(image[:-1]), {"PNG height", "PNG byte size"}),
    (lambda image: encode_png(image[:, :-1]), {"PNG width", "PNG byte size"}),
    (interlaced, {"PNG interlacing"}),
    (with_text, {"PNG metadata bytes", "PNG chunks"}),
]


@pytest.mark.parametrize(("encode", "expected"), ENCODED)
def test_another_encoder_is_caught(
    matched: AuditedStimuli, encode: Callable[[np.ndarray], bytes], expected: set[str]
) -> None:
    pairs = zip(matched.pixels, matched.synthetic, strict=True)
    pngs = [encode(image) if synthetic else encode_png(image) for image, synthetic in pairs]
    assert leaks_of(replace(matched, pngs=pngs)) >= expected


def test_a_leak_of_every_kind_is_planted_somewhere_in_these_tests(matched: AuditedStimuli) -> None:
    caught = {name for _, names in (*PLANTED, *ENCODED) for name in names} | {"Resampling factor"}
    assert {feature.name for feature in audit_stimuli(matched, seed=0).of_tier(Tier.PIPELINE)} == caught


def test_another_resampling_is_caught(matched: AuditedStimuli) -> None:
    factors = np.where(matched.synthetic, 2.0, 1.0)
    assert leaks_of(replace(matched, resampling_factors=factors)) == {"Resampling factor"}


def test_a_leak_counts_whichever_kind_it_marks(planted: Plant) -> None:
    stimuli = planted(clipped_above)
    assert "Clipped at 255" in leaks_of(replace(stimuli, synthetic=~stimuli.synthetic))


def test_a_handful_of_images_proves_nothing(planted: Plant) -> None:
    """Three against three: even a full separation happens to one shuffle in ten."""
    stimuli, few = planted(clipped_above), [0, 1, 2, 30, 31, 32]
    small = AuditedStimuli(
        names=[stimuli.names[k] for k in few],
        pixels=stimuli.pixels[few],
        pngs=[stimuli.pngs[k] for k in few],
        synthetic=stimuli.synthetic[few],
        subjects=[stimuli.subjects[k] for k in few],
        resampling_factors=stimuli.resampling_factors[few],
    )
    audit = audit_stimuli(small, seed=0)
    assert audit.leaks == []
    assert not any(feature.name.startswith("Classifier") for feature in audit.features)


def blurred(image: np.ndarray) -> np.ndarray:
    soft = cv2.GaussianBlur(image, (0, 0), 1.5)
    return np.where((image == 0) | (image == 255), image, np.clip(soft, 9, 254)).astype(np.uint8)


def test_what_the_generator_got_wrong_is_reported_and_does_not_block(planted: Plant) -> None:
    audit = audit_stimuli(planted(blurred), seed=0)
    content = {feature.name: feature for feature in audit.of_tier(Tier.CONTENT)}
    assert content["Mean gradient"].auc < 0.05
    assert content["Classifier, cross-validated"].auc > 0.9
    assert content["Classifier, cross-validated"].p < 0.01
    assert not any(feature.is_leak for feature in content.values())


def test_the_classifier_finds_nothing_where_there_is_nothing(matched: AuditedStimuli) -> None:
    found = next(f for f in audit_stimuli(matched, seed=0).features if f.name.startswith("Classifier"))
    assert 0.25 < found.auc < 0.75
    assert found.p > 0.01


def test_features_stand_by_distance_from_one_half_with_the_images_that_show_it_best(planted: Plant) -> None:
    stimuli = planted(clipped_above)
    audit = audit_stimuli(stimuli, seed=0)
    distances = [abs(feature.auc - 0.5) for feature in audit.features]
    assert distances == sorted(distances, reverse=True)
    (leak,) = [leak for leak in audit.leaks if leak.name == "Clipped at 255"]
    share = (stimuli.pixels == 255).mean((1, 2))
    assert leak.worst == (f"real/{share[:30].argmin()}", f"synthetic/{share[30:].argmax()}")


def test_an_audit_is_the_same_each_time_and_survives_json(planted: Plant) -> None:
    stimuli = planted(hazy)
    audit = audit_stimuli(stimuli, seed=3)
    assert audit_stimuli(stimuli, seed=3) == audit
    record = json.loads(json.dumps(audit.to_json()))
    assert BlindingAudit.from_json(record) == audit
    assert record["blocking"] == [leak.name for leak in audit.leaks]
    assert {"name", "auc", "p"} <= record["features"][0].keys()


def test_copies_and_mirror_images_are_flagged_across_kinds_and_within(matched: AuditedStimuli) -> None:
    rng = np.random.default_rng(0)
    pixels = matched.pixels.copy()
    pixels[40] = np.clip(pixels[5] + rng.normal(0, 3, (256, 256)) * (pixels[5] > 0), 0, 255)
    pixels[45] = pixels[44][:, ::-1]
    pairs = audit_stimuli(replace(matched, pixels=pixels), seed=0).near_duplicates
    found = {pair.names: (pair.mirrored, pair.across) for pair in pairs}
    assert found == {("real/5", "synthetic/10"): (False, True), ("synthetic/14", "synthetic/15"): (True, False)}
    assert all(pair.correlation > 0.95 for pair in pairs)


def test_the_text_names_the_leak_and_what_to_do(planted: Plant) -> None:
    text = "\n".join(audit_lines(audit_stimuli(planted(clipped_above), seed=0)))
    assert "LEAK Clipped at 255" in text
    assert "so that all arms clip alike" in text
    assert "No two stimuli are nearly the same picture." in text


def test_a_remedy_that_mends_is_found_by_trying(planted: Plant) -> None:
    stimuli = planted(lambda image: np.maximum(image, 2))
    audit = audit_stimuli(stimuli, seed=0)
    best = try_remedies(stimuli, audit, seed=0)[0]
    assert best.remedies.background_floor > 0
    assert set(best.mends) >= {"Background floor", "Exact-zero air", "Faint gray"}
    assert best.breaks == []
    assert "background floor" in str(best)


def test_a_quantization_mends_gray_levels_and_none_is_tried_without_leaks(
    planted: Plant, matched: AuditedStimuli
) -> None:
    stimuli = planted(lambda image: image // 4 * 4)
    trials = {trial.remedies: trial for trial in try_remedies(stimuli, audit_stimuli(stimuli, seed=0), seed=0)}
    assert "Missing gray levels" in trials[Remedies(gray_step=4)].mends
    assert try_remedies(matched, audit_stimuli(matched, seed=0), seed=0) == []


def test_parts_of_unequal_length_are_refused(matched: AuditedStimuli) -> None:
    with pytest.raises(ValueError, match="59, 60"):
        replace(matched, names=matched.names[1:])
