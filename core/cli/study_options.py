"""The options of `mrturing study create`: what a researcher decides before the first reading."""

from pathlib import Path
from typing import Annotated

import typer

from core.imageset.record import Partition
from core.reading.design import Phases, Scale
from core.reading.protocol import Question

Real = Annotated[list[str], typer.Option(help="An image set of real images, or a release of one; repeat for more.")]
Synthetic = Annotated[
    list[str], typer.Option(help="An image set of synthetic images, or a release of one; repeat for more.")
]
PerArm = Annotated[
    int | None, typer.Option(help="Images in each of the four arms; the plan's, or else 50, unless stated.")
]
Seed = Annotated[int, typer.Option(min=0, help="Decides which images are drawn.")]
RealFrom = Annotated[Partition | None, typer.Option(help="Draw real images from these patients only.")]
MostPerSubject = Annotated[int | None, typer.Option(help="Most slices of one patient in an arm.")]
MinSliceSpacing = Annotated[int, typer.Option(help="Fewest slices between two of one patient.")]

Questions = Annotated[list[Question] | None, typer.Option(help="What is asked; both unless named.")]
AnswerScale = Annotated[Scale, typer.Option(help="A choice, with a confidence of 1 to 5, or six steps for both.")]
Confidence = Annotated[bool, typer.Option("--confidence", help="The same as --scale confidence.")]
Confirm = Annotated[bool, typer.Option(help="Submit a trial with Enter, not with its last answer.")]
PrevalenceText = Annotated[str, typer.Option(help="What readers are told of the mixture.")]

Border = Annotated[int, typer.Option(help="Pixels at each side of all stimuli that become black.")]
BackgroundFloor = Annotated[int, typer.Option(help="Gray values up to it become 0 in all stimuli.")]
GrayStep = Annotated[int, typer.Option(help="Gray values of all stimuli become its multiples.")]

Repeats = Annotated[int, typer.Option(help="Images that are shown a second time, unannounced.")]
RepeatDistance = Annotated[int, typer.Option(help="Fewest trials from an image to its repeat.")]
Practice = Annotated[int, typer.Option(help="Practice images, shown first and never analyzed.")]
BreakEvery = Annotated[int, typer.Option(help="Offer a break after so many trials; 0 for none.")]
QuestionPhases = Annotated[
    Phases, typer.Option(help="Both questions at each image, or first tumor for all images.")
]

PlanFile = Annotated[Path | None, typer.Option(help="What `study plan --file` wrote: margin, alpha, sample size.")]
Margin = Annotated[float, typer.Option(help="Accuracy within 0.5 plus or minus it counts as equivalent.")]
Alpha = Annotated[float, typer.Option(help="Of the tests and of the equivalence.")]
OwnMargin = Annotated[
    float | None,
    typer.Option(help="As equivalent counts 0.5 plus or minus it; the plan's, or else 0.1, unless stated."),
]
OwnAlpha = Annotated[float | None, typer.Option(help="Of the tests; the plan's, or else 0.05, unless stated.")]
TumorFloor = Annotated[float, typer.Option(help="Tumor accuracy below which equivalence is withheld.")]
RepeatFloor = Annotated[float, typer.Option(help="Agreement on repeats below which equivalence is withheld.")]
WashoutDays = Annotated[int, typer.Option(help="Days since an earlier reading of the same images; recorded.")]
Replaces = Annotated[str | None, typer.Option(help="The locked study that this one is a changed version of.")]
