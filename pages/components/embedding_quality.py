"""How far a picture may be trusted: beside it, each with one sentence on how to read it."""

import streamlit as st

from core.embedding.embedding import EmbeddingAbout


def embedding_quality(about: EmbeddingAbout) -> None:
    figures = (
        (
            "Trustworthiness",
            f"{about.trustworthiness:.3f}",
            f"Of 1: are the {about.n_neighbors} nearest points similar images? Below 0.9, trust no small group.",
        ),
        (
            "Neighborhood preservation",
            f"{about.neighborhood_preservation:.3f}",
            f"Of 1: the share of an image's {about.n_neighbors} most similar images that lie nearest to it here.",
        ),
        ("KL divergence", f"{about.kl_divergence:.3f}", "What t-SNE minimizes: compare it at equal settings only."),
    )
    columns = st.columns(len(figures) + 1)
    for column, (title, value, how_to_read) in zip(columns, figures, strict=False):
        column.markdown(f"**{title} {value}**  \n:small[{how_to_read}]")
    columns[-1].markdown(
        "**How to read it**  \n:small[Near means alike. Sizes of groups, and distances between them, mean nothing.]"
    )
    st.caption(_settings(about))


def _settings(about: EmbeddingAbout) -> str:
    parts = [
        f"{about.n_points:,} images, at most {about.per_category:,} of each category",
        f"compared by {about.features_from}",
        f"t-SNE by {about.engine} in {about.seconds:.0f} s, perplexity {about.perplexity:g}, "
        f"{about.iterations:,} iterations, seed {about.seed}",
        about.computed_at[:10],
    ]
    if about.missing:
        parts.append(f"no {' and no '.join(about.missing)} images")
    return " · ".join(parts)
