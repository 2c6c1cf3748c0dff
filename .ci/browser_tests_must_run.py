"""A pytest plugin for CI: a skipped browser test fails, and so does a run without any."""

from collections.abc import Generator

import pytest

_passed_or_failed: set[str] = set()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if item.get_closest_marker("browser") is None:
        return report
    if report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Browser tests must run here, but this one was skipped: {report.longrepr}"
    elif call.when == "call":
        _passed_or_failed.add(item.nodeid)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not _passed_or_failed and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _passed_or_failed:
        terminalreporter.write_line("No browser test ran.", red=True)
