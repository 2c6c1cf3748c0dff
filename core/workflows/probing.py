"""How long a training will take on this machine: some steps of each stage are timed, in this process."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.settings import WorkspacePaths
from core.workflows.training import Recipe, TrainingRequest, config_of
from core.workflows.training_data import training_data

if TYPE_CHECKING:
    from core.runs.devices import Compute
    from core.synthesis.checkpoint import TrainingState
    from core.synthesis.recipes import Stage, TrainingConfig

PROBE_SECONDS = 20.0
TIMED_STEPS = 8
EIGENIMAGE_IMAGES_PER_S = 200.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingEstimate:
    """What a short probe on this machine foresees. `images_per_s` and `kimg` by resolution.

    `measured`: the resolutions that were timed; the rest is reckoned from them.
    """

    seconds: float
    images_per_s: Mapping[int, float]
    kimg: Mapping[int, float]
    measured: tuple[int, ...]
    device: str
    precision: str
    n_training_images: int


def probe(paths: WorkspacePaths, request: TrainingRequest, *, seconds: float = PROBE_SECONDS) -> TrainingEstimate:
    """Time steps from the lowest resolution upward while `seconds` last. Refuses what training would refuse."""
    n_images = len(training_data(paths, request.cohort, request.tumor_status).training)
    if request.recipe is Recipe.EIGENIMAGE:
        return _of_eigenimages(n_images)
    from core.runs.devices import detect_compute
    from core.synthesis.meter import cost_of_doubling

    config = config_of(request, n_images)
    compute = detect_compute(precision=config.precision)
    measured = _timed(config, replace(compute, compiled=False), seconds, time.monotonic)
    images_per_s, known, per_doubling = {}, 0.0, cost_of_doubling(measured)
    for stage in config.stages:
        known = measured.get(stage.resolution, known / per_doubling)
        images_per_s[stage.resolution] = known
    return TrainingEstimate(
        seconds=sum(1000 * stage.kimg / images_per_s[stage.resolution] for stage in config.stages),
        images_per_s=images_per_s,
        kimg={stage.resolution: stage.kimg for stage in config.stages},
        measured=tuple(measured),
        device=compute.device,
        precision=compute.precision,
        n_training_images=n_images,
    )


def _timed(
    config: "TrainingConfig", compute: "Compute", seconds: float, clock: Callable[[], float]
) -> dict[int, float]:
    """Images per second by resolution: the first always, others while two steps of them are likely to fit in."""
    from core.synthesis.checkpoint import TrainingState
    from core.synthesis.meter import cost_of_doubling

    state = TrainingState.initial(config, compute.device)
    ends_at = clock() + seconds
    found: dict[int, float] = {}
    step_s = 0.0
    for number, stage in enumerate(config.stages):
        left = ends_at - clock()
        if found and 2 * step_s * cost_of_doubling(found) > left:
            break
        share_s = left / (len(config.stages) - number)
        step_s = _step_seconds(_whole_step_of(config, state, stage, compute), share_s, clock)
        found[stage.resolution] = stage.batch / step_s
    return found


def _step_seconds(step: Callable[[], None], share_s: float, clock: Callable[[], float]) -> float:
    """The mean of up to TIMED_STEPS after a first one, which is slower."""
    began = clock()
    step()
    first_s = clock() - began
    began, n_steps = clock(), 0
    while n_steps == 0 or (n_steps < TIMED_STEPS and clock() - began + first_s < share_s):
        step()
        n_steps += 1
    return (clock() - began) / n_steps


def _whole_step_of(
    config: "TrainingConfig", state: "TrainingState", stage: "Stage", compute: "Compute"
) -> Callable[[], None]:
    """A whole training step of one stage on made-up images, waited for."""
    import torch

    from core.synthesis.latents import draws_of_step
    from core.synthesis.step import TrainingStep

    draws = draws_of_step(seed=0, shown_images=0, batch=stage.batch, latent_size=config.network.latent_size)
    reals = torch.rand(stage.batch, 1, stage.resolution, stage.resolution, device=compute.device) * 2 - 1
    step = TrainingStep(
        generator=state.generator,
        discriminator=state.discriminator,
        moving_average=state.moving_average,
        generator_optimizer=state.generator_optimizer,
        discriminator_optimizer=state.discriminator_optimizer,
        loss=config.loss,
        resolution=stage.resolution,
        compute=compute,
        moving_average_decay=config.moving_average_decay(stage.batch),
    )
    drawn = (draws.latents_discriminator, draws.latents_generator, draws.mixing)
    for_discriminator, for_generator, mixing = (one.to(compute.device) for one in drawn)
    alpha = 0.5 if stage.fade_kimg else 1.0

    def whole_step() -> None:
        float(step(reals, for_discriminator, for_generator, mixing, alpha).discriminator_loss)

    return whole_step


def _of_eigenimages(n_images: int) -> TrainingEstimate:
    return TrainingEstimate(
        seconds=n_images / EIGENIMAGE_IMAGES_PER_S,
        images_per_s={256: EIGENIMAGE_IMAGES_PER_S},
        kimg={256: n_images / 1000},
        measured=(),
        device="cpu",
        precision="fp32",
        n_training_images=n_images,
    )
