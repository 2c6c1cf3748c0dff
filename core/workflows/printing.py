"""Printing an HTML page as PDF, or reading what its scripts wrote, by the Chromium that is on the machine."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from core.errors import RefusedError, WorkspaceError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PRINTING_TIMEOUT_S = 90
_SCRIPTS_WITHIN_MS = 60_000  # of the browser's own time, which passes as fast as it can
_FLAGS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def printing_browser() -> str:
    """The browser that prints. Raises RefusedError where there is none."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise RefusedError(
            "PDF, PNG and SVG are drawn by Chromium or Chrome, and neither is on this machine.",
            "Install one (on Debian: apt-get install chromium), or name a file that ends in .html and print it "
            "from any browser.",
        )
    return found


def can_print() -> bool:
    """Whether a PDF can be made on this machine."""
    return any(map(shutil.which, BROWSERS))


def print_to_pdf(html: str, browser: str) -> bytes:
    """The page as PDF. It is our own and loads nothing."""
    with TemporaryDirectory(prefix="mrturing-print-") as folder:
        pdf = Path(folder, "page.pdf")
        done = _run(browser, html, Path(folder), f"--print-to-pdf={pdf}")
        if not pdf.exists():
            raise WorkspaceError(
                f"{browser} printed no PDF (exit status {done.returncode}).",
                "Name a file that ends in .html and print it from any browser.",
            )
        return pdf.read_bytes()


def written_by_scripts(html: str, browser: str) -> str:
    """The page as HTML, once its scripts have run. It is our own and loads nothing."""
    with TemporaryDirectory(prefix="mrturing-print-") as folder:
        wait = f"--virtual-time-budget={_SCRIPTS_WITHIN_MS}"
        return _run(browser, html, Path(folder), wait, "--dump-dom").stdout.decode("utf-8")


def _run(browser: str, html: str, folder: Path, *options: str) -> "subprocess.CompletedProcess[bytes]":
    """It loads nothing of others, so that root may run it without Chromium's sandbox."""
    page = folder / "page.html"
    page.write_text(html, "utf-8")
    sandbox = ("--no-sandbox",) if os.geteuid() == 0 else ()
    command = [browser, *_FLAGS, *sandbox, f"--user-data-dir={folder}/profile", *options, page.as_uri()]
    try:
        return subprocess.run(command, capture_output=True, timeout=PRINTING_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise WorkspaceError(
            f"{browser} did not draw the page within {PRINTING_TIMEOUT_S} s.",
            "Try again, or name a file that ends in .html and print it from any browser.",
        ) from error
