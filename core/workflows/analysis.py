"""Analyzing a table of responses from anywhere."""

from pathlib import Path

from core.observer_performance.analysis import Analysis, analyze
from core.observer_performance.responses import read_responses
from core.reading.design import PlannedAnalysis


def analyze_file(path: Path, planned: PlannedAnalysis | None = None) -> Analysis:
    """Analyze a CSV of responses; raises BadInputError that names the faulty column, row and value."""
    return analyze(read_responses(path), planned)
