"""Responses that give the counts of the paper's Table 2."""

from collections.abc import Iterator

import pandas as pd
import pytest

# truth, tumor_status, decision, tumor_decision, how many. The paper gives each question's counts; how the two
# answers to one image coincide is made up.
PAPER_CELLS = (
    ("real", "tumor", "real", "tumor", 26),
    ("real", "tumor", "real", "nontumor", 5),
    ("real", "tumor", "synthetic", "tumor", 19),
    ("real", "nontumor", "real", "nontumor", 27),
    ("real", "nontumor", "synthetic", "nontumor", 23),
    ("synthetic", "tumor", "real", "tumor", 1),
    ("synthetic", "tumor", "synthetic", "tumor", 36),
    ("synthetic", "tumor", "synthetic", "nontumor", 13),
    ("synthetic", "nontumor", "synthetic", "tumor", 1),
    ("synthetic", "nontumor", "synthetic", "nontumor", 49),
)


def _rows() -> Iterator[dict[str, object]]:
    for truth, tumor_status, decision, tumor_decision, n in PAPER_CELLS:
        for copy in range(n):
            yield {
                "reader_id": "A",
                "case_id": f"{truth}-{tumor_status}-{decision}-{tumor_decision}-{copy}",
                "truth": truth,
                "tumor_status": tumor_status,
                "decision": decision,
                "tumor_decision": tumor_decision,
                "response_time_ms": 1000.0 + copy,
                "tumor_response_time_ms": 500.0,
            }


@pytest.fixture
def paper_responses() -> pd.DataFrame:
    return pd.DataFrame(list(_rows()))
