"""Where the image lies on screens with one, two and fractional device pixels per CSS pixel."""

import pytest


@pytest.mark.browser
@pytest.mark.parametrize(("ratio", "scale"), [(1, 3), (1.25, 4), (1.5, 5), (2, 7)])
def test_the_image_lies_on_device_pixels_at_the_largest_whole_scale(browser, serve_reading, ratio, scale):
    server = serve_reading(n_trials=1)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, device_scale_factor=ratio)
    page = context.new_page()
    page.goto(server.url)
    page.wait_for_selector('.reading-viewer[data-trial-index="0"]')
    box = page.locator("canvas").bounding_box()
    device = {name: value * ratio for name, value in box.items()}
    assert device["width"] == pytest.approx(256 * scale, abs=0.02)
    assert device["x"] == pytest.approx(round(device["x"]), abs=0.02)
    assert device["y"] == pytest.approx(round(device["y"]), abs=0.02)
    assert page.evaluate("document.getElementById('host').shadowRoot.querySelector('canvas').width") == 256 * scale
    context.close()
