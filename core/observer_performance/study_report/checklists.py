"""Where a report answers the items of CLAIM, STARD-AI and GRRAS, and what authors must add.

Sources: Mongan, Moy and Kahn, Radiol Artif Intell 2 (2020) e200029; Bossuyt et al., BMJ 351 (2015) h5527, which
STARD-AI extends; Kottner et al., J Clin Epidemiol 64 (2011) 96.
"""

from core.observer_performance.study_report.blocks import Section, Table, aside

AUTHORS = "for the authors"

# What is asked, its number in CLAIM 2020, STARD 2015 and GRRAS, and the section that answers it.
ITEMS = (
    ("Title and abstract name the kind of study", "1, 2", "1, 2", "1", AUTHORS),
    ("Background, rationale and objectives", "3, 4", "3, 4", "2, 5", AUTHORS),
    (
        "Planned before the data were collected; goal",
        "5, 6",
        "5",
        "",
        "Methods; Protocol, audit trail and software",
    ),
    ("Sources of images, eligibility, screening", "7, 8", "6, 7, 8", "3", "Methods; Screening and generation"),
    ("Preparation of images", "9", "", "", "Methods"),
    ("How images were selected and drawn", "10", "9", "7", "Methods"),
    ("How images were read, and what could be answered", "", "10a, 12a", "8", "Methods"),
    ("De-identification", "12", "", "", "names and headers never enter; for the authors: the source"),
    ("Missing data and indeterminate answers", "13", "15, 16", "", "Methods; Readers and readings"),
    (
        "Reference standard and its rationale",
        "14 to 17",
        "10b, 11",
        "",
        "Methods; for the authors: segmentations",
    ),
    ("Variability within and between readers", "18", "17", "13", "Agreement, drift and response times"),
    ("Intended sample size and how it was chosen", "19", "18", "6", "Methods; without a plan: for the authors"),
    ("Which patients a generator saw; partitions", "20, 21", "", "", "Methods"),
    (
        "Generator: model, training, selection",
        "22, 24 to 27",
        "the AI behind the index test",
        "",
        "image sets name it; for the authors: the rest",
    ),
    ("Software and versions", "23", "software and version", "", "Protocol, audit trail and software"),
    ("Readers: who they are, training, experience", "", "", "4, 12", "Readers and readings"),
    ("What readers knew; blinding; independence", "", "13a", "8, 9", "Methods; Blinding audit"),
    ("Statistical methods and uncertainty", "28, 29", "14", "10", "Methods"),
    ("Robustness: other things that tell truth apart", "30", "sources of bias", "", "Blinding audit"),
    ("Flow of readers and images", "33", "19", "11", "Readers and readings"),
    ("Characteristics of the patients", "34", "20, 21", "12", AUTHORS),
    ("Cross tabulation with the reference standard", "", "23", "", "Results"),
    ("Estimates with intervals", "35, 36", "24", "13", "Results"),
    ("Where readers and generators fail", "37", "", "15", "Images; Results"),
    ("Limitations and implications", "38, 39", "26, 27", "14", AUTHORS),
    ("Registration; where the protocol can be read", "40, 41", "28, 29", "", "Protocol, audit trail and software"),
    ("Funding", "42", "30", "", AUTHORS),
)


def checklist_section() -> Section:
    return Section(
        title="Reporting guidelines",
        blocks=(
            Table(
                caption="Where this report answers what guidelines ask",
                header=("Asked", "CLAIM", "STARD-AI", "GRRAS", "Answered in"),
                rows=ITEMS,
            ),
            aside(
                "Numbers are those of CLAIM 2020, of STARD 2015, which STARD-AI extends (where STARD-AI adds, its "
                "topic stands in place of a number), and of GRRAS 2011."
            ),
        ),
    )
