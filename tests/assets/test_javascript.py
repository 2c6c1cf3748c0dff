"""The components' modules outside a browser: their own tests under node, and how they are joined into one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from pages.components import embedding_scatter, image_gallery, reading_viewer
from pages.components.reading_viewer import ASSETS

COMPONENTS = {
    "viewer": [ASSETS / name for name in reading_viewer.MODULES],
    "gallery": [image_gallery.ASSETS / name for name in image_gallery.MODULES],
    "scatter": [embedding_scatter.ASSETS / name for name in embedding_scatter.MODULES],
}
JOINED = {
    "viewer": reading_viewer.joined_module,
    "gallery": image_gallery.joined_module,
    "scatter": embedding_scatter.joined_module,
}
of_each_component = pytest.mark.parametrize("component", COMPONENTS)
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: apt-get install nodejs")


@needs_node
@pytest.mark.parametrize("tests", sorted(Path(__file__).parent.glob("*.test.mjs")), ids=lambda path: path.name)
def test_the_modules_pass_their_tests_under_node(tests):
    done = subprocess.run([NODE, "--test", str(tests)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


@needs_node
@of_each_component
def test_the_joined_module_is_sound_javascript(component, tmp_path):
    joined = tmp_path / "joined.mjs"
    joined.write_text(JOINED[component]())
    done = subprocess.run([NODE, "--check", str(joined)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@of_each_component
def test_the_joined_module_imports_nothing_and_exports_one_default(component):
    links = re.findall(r"^(?:import|export)\b.*", JOINED[component](), re.MULTILINE)
    assert links == ["export default mount;"]


@of_each_component
def test_every_module_is_joined_once_and_after_those_that_it_imports(component):
    modules = COMPONENTS[component]
    own = {path for path in modules if path.parent == modules[-1].parent}
    assert own == set(modules[-1].parent.glob("*.js"))
    assert len(set(modules)) == len(modules)
    for place, path in enumerate(modules):
        imported = re.findall(r'from "(\.[a-z_./]+\.js)"', path.read_text())
        assert {(path.parent / name).resolve() for name in imported} <= set(modules[:place]), path.name


def test_nothing_that_the_browser_gets_animates():
    css = (ASSETS / "viewer.css").read_text()
    assert not re.search(r"(?:transition|animation)[a-z-]*:|@keyframes", css)


def test_no_color_of_the_viewer_is_brighter_than_the_dimmest_text_needs():
    css = (ASSETS / "viewer.css").read_text()
    grays = [int(hexadecimal[:2], 16) for hexadecimal in re.findall(r"#([0-9a-f]{6})\b", css)]
    assert grays
    assert max(grays) <= 0xA8
    assert all(len(set(re.findall("..", color))) == 1 for color in re.findall(r"#([0-9a-f]{6})\b", css))


def test_text_on_the_panel_has_a_contrast_of_at_least_four_and_a_half():
    css = (ASSETS / "viewer.css").read_text()
    gray = dict(re.findall(r"--([a-z]+): #([0-9a-f]{2})", css))
    for text, ground in (("text", "raised"), ("quiet", "panel"), ("quiet", "surround"), ("quiet", "raised")):
        assert _contrast(int(gray[text], 16), int(gray[ground], 16)) >= 4.5, (text, ground)
    assert _contrast(0xA8, int(gray["chosen"], 16)) >= 4.5


def _contrast(lighter: int, darker: int) -> float:
    """WCAG 2.2 contrast ratio of two grays."""

    def luminance(gray: int) -> float:
        share = gray / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return (luminance(lighter) + 0.05) / (luminance(darker) + 0.05)
