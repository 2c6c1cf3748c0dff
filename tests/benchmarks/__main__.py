"""`python -m tests.benchmarks [PART ...] [--json FILE]`: speed, as ratios measured in one run, and coverage.

A benchmark is no test: whatever it finds, it exits with 0.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.analysis import measure_analysis
from tests.benchmarks.audit import measure_audit
from tests.benchmarks.augmentation import measure_augmentation
from tests.benchmarks.coverage import measure_coverage
from tests.benchmarks.detection import measure_detection
from tests.benchmarks.embedding import measure_embedding
from tests.benchmarks.fidelity import measure_fidelity_figures
from tests.benchmarks.figures import Figure, machine, write_json
from tests.benchmarks.gallery import measure_gallery
from tests.benchmarks.importing import measure_import
from tests.benchmarks.reading import measure_reading
from tests.benchmarks.sampling import measure_sampling
from tests.benchmarks.scatter import measure_scatter
from tests.benchmarks.start import measure_start
from tests.benchmarks.training import measure_training

BENCHMARKS: dict[str, Callable[[], list[Figure]]] = {
    "start": measure_start,
    "import": measure_import,
    "reading": measure_reading,
    "gallery": measure_gallery,
    "analysis": measure_analysis,
    "audit": measure_audit,
    "coverage": measure_coverage,
    "augmentation": measure_augmentation,
    "training": measure_training,
    "sampling": measure_sampling,
    "detection": measure_detection,
    "fidelity": measure_fidelity_figures,
    "embedding": measure_embedding,
    "scatter": measure_scatter,
}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("which", nargs="*", metavar="|".join(BENCHMARKS), help="all of them without a name")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the figures to FILE")
    options = parser.parse_args()
    unknown = set(options.which) - set(BENCHMARKS)
    if unknown:
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    print("  ".join(f"{name}: {value}" for name, value in machine().items()))
    results = {}
    for name in options.which or BENCHMARKS:
        print(f"{name}", flush=True)
        results[name] = BENCHMARKS[name]()
        for figure in results[name]:
            print(figure.line(), flush=True)
    if options.json is not None:
        write_json(options.json, results)


if __name__ == "__main__":
    main()
