"""A release's data sheet in words: what was decided, by whom, and what is known of the rest."""

from collections.abc import Iterator, Mapping
from typing import Any

import streamlit as st


def data_sheet(sheet: Mapping[str, Any]) -> None:
    st.markdown("\n".join(f"- {line}" for line in _lines(sheet)))


def _lines(sheet: Mapping[str, Any]) -> Iterator[str]:
    images, review = sheet["images"], sheet["sample_review"]
    generated = "" if images["generated"] is None else f"**{images['generated']:,}** generated, "
    yield (
        f"{generated}**{images['in_set']:,}** in the set, **{images['reviewed']:,}** reviewed, "
        f"**{images['kept']:,}** kept ({images['corrected']:,} with a corrected tumor status), "
        f"**{images['discarded']:,}** discarded"
    )
    if sheet["discarded"]:
        yield "Discarded for: " + ", ".join(
            f"{code.replace('_', ' ')} {n:,}" for code, n in sheet["discarded"].items()
        )
    people = [f"{one['person_id']} {one['reviewed']:,}" for one in sheet["curators"]]
    yield "Reviewed by " + ", ".join(people) if people else "Nobody decided on an image by name"
    if images["accepted_unreviewed"]:
        low, high = review["discard_rate95"]
        yield (
            f"**{images['accepted_unreviewed']:,} accepted unseen**: {review['discard_rate']:.1%} of them would be "
            f"discarded (95 % interval {low:.1%} to {high:.1%}), by a random sample of {review['n_sample']:,}"
        )
    yield from _agreement(sheet.get("agreement"))
    yield from _before_and_after(sheet.get("realism_and_diversity"))


def _agreement(found: Mapping[str, Any] | None) -> Iterator[str]:
    for pair in (found or {}).get("pairs", []):
        kappa = "not estimable" if pair["kappa"] is None else f"{pair['kappa']:.2f}"
        yield f"{' and '.join(pair['curators'])}: Cohen's kappa {kappa} over {pair['n']:,} images"


def _before_and_after(found: Mapping[str, Any] | None) -> Iterator[str]:
    """Realism never without diversity: whoever discards much narrows the set."""
    if found is None:
        yield "Realism and diversity: not computed, because triage had not run on these images"
        return
    odd, distance = found["realism"]["odd_share"], found["diversity"]["mean_distance"]
    yield f"Odder than 95 % of real images: {_change(odd, '.0%')}"
    copies = found["realism"]["near_copies"]
    yield f"Near-copies of real images: {copies['before']:,} before, {copies['after']:,} after"
    yield f"Mean distance between two images: {_change(distance, '.1f')}" + _ratio(distance["ratio"])


def _change(change: Mapping[str, Any], form: str) -> str:
    return ", ".join(f"{_estimate(change[when], form)} {when}" for when in ("before", "after"))


def _estimate(found: Mapping[str, Any] | None, form: str) -> str:
    if found is None:
        return "too few images"
    low, high = found["ci95"]
    return f"{found['estimate']:{form}} (95 % {low:{form}} to {high:{form}}, n {found['n']:,})"


def _ratio(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return ""
    low, high = found["ci95"]
    return f"; after / before {found['estimate']:.2f} (95 % {low:.2f} to {high:.2f})"
