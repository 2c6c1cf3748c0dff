"""What exact t-SNE follows: affinities with the perplexity asked for, and the gradient of its divergence."""

import numpy as np
import pytest
import torch

from core.embedding.exact_tsne import Step, affinities, divergence, minimized
from tests.embedding.planted import planted, share_of_own_kind


def conditional(joint: torch.Tensor) -> torch.Tensor:
    return joint / joint.sum(1, keepdim=True)


def test_affinities_are_symmetric_and_one_in_all() -> None:
    joint = affinities(planted(), 15)
    assert joint.sum() == pytest.approx(1, abs=1e-5)
    torch.testing.assert_close(joint, joint.T)
    assert joint.min() > 0


def test_points_on_a_ring_have_as_many_neighbors_as_the_perplexity_says() -> None:
    """All of them alike, so that making the affinities symmetric changes nothing."""
    angle = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    ring = np.stack([np.cos(angle), np.sin(angle)], 1).astype(np.float32)
    for perplexity in (5, 20):
        rows = conditional(affinities(ring, perplexity))
        entropy = -torch.xlogy(rows, rows).sum(1)
        np.testing.assert_allclose(entropy.exp(), perplexity, rtol=1e-3)


def test_a_copy_of_an_image_is_its_nearest_neighbor_and_nothing_breaks() -> None:
    features = planted(60)
    features[1] = features[0]
    joint = affinities(features, 10)
    assert torch.isfinite(joint).all()
    assert joint[0].argmax() == 1


def test_many_blocks_are_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = affinities(planted(), 15)
    cost = divergence(whole, planted()[:, :2].copy())
    monkeypatch.setattr("core.embedding.exact_tsne._BLOCK", 37)
    torch.testing.assert_close(affinities(planted(), 15), whole)
    assert divergence(whole, planted()[:, :2].copy()) == pytest.approx(cost, rel=1e-6)


def test_the_divergence_is_none_where_points_are_as_likely_neighbors_as_images() -> None:
    points = planted(40)[:, :2].copy()
    near = 1 / (1 + torch.cdist(torch.from_numpy(points), torch.from_numpy(points)) ** 2)
    near.fill_diagonal_(0)
    assert divergence(near / near.sum(), points) == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_a_step_goes_down_the_gradient_of_the_divergence(dimensions: int) -> None:
    joint = affinities(planted(40), 8).double()
    points = torch.from_numpy(planted(40)[:, :dimensions].T.copy()).double().requires_grad_()
    others = ~torch.eye(40, dtype=torch.bool)
    near = 1 / (1 + ((points[:, :, None] - points[:, None, :]) ** 2).sum(0)[others])
    cost = (joint[others] * (joint[others] / (near / near.sum())).log()).sum()
    (gradient,) = torch.autograd.grad(cost, points)
    still, one = torch.zeros_like(points), torch.tensor(1.0).double()
    _, update, gains = Step()(joint, points.detach(), still, torch.ones_like(points), one, one, one)
    torch.testing.assert_close(-update / gains, gradient, rtol=1e-4, atol=1e-8)


def test_gains_grow_while_a_point_goes_on_and_shrink_when_it_turns() -> None:
    joint, points = affinities(planted(40), 8), torch.from_numpy(planted(40)[:, :2].T.copy())
    one = torch.tensor(1.0)
    _, update, _ = Step()(joint, points, torch.zeros_like(points), torch.ones_like(points), one, one, one)
    for direction, gain in ((1, 1.2), (-1, 0.8)):
        _, _, gains = Step()(joint, points, direction * update, torch.ones_like(points), one, one, one)
        torch.testing.assert_close(gains, torch.full_like(gains, gain))


def test_the_plain_step_parts_clusters_too() -> None:
    features = planted(90)
    start = (features[:, :2] * 1e-5).astype(np.float32)
    points = minimized(Step(), affinities(features, 15), start, 400, lambda _: None)
    assert share_of_own_kind(points) == 1
