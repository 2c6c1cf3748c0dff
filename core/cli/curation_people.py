"""`mrturing curation invite | revoke | reasons`: who curates, and for which reasons."""

from typing import Annotated

import typer

from core.cli.output import DEFAULT_BASE_URL, WORKSPACE, BaseUrl, Json, Workspace, show
from core.curation.reasons import ExclusionReason
from core.imageset.record import ImageKind
from core.settings import WorkspacePaths
from core.workflows.access import invite_curator, revoke_curator
from core.workflows.curation import add_reason, all_reasons

reasons = typer.Typer(no_args_is_help=True, help="List and add the reasons for which images are discarded.")
Name = Annotated[str, typer.Argument(help="The curator's name; seen by researchers and other curators.")]
Kind = Annotated[ImageKind, typer.Option(help="For which images.")]


def invite(
    name: Name,
    again: Annotated[bool, typer.Option("--again", help="End the old link, and make a new one.")] = False,
    base_url: BaseUrl = DEFAULT_BASE_URL,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Make a curator's personal link."""
    url = invite_curator(WorkspacePaths(workspace), name, again=again, base_url=base_url)
    show({"curator": name, "url": url}, [f"Send this link to {name}; it works once:", url], as_json=json)


def revoke(name: Name, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """End a curator's link and the sign-in it led to; what was decided stays."""
    revoke_curator(WorkspacePaths(workspace), name)
    show({"curator": name, "revoked": True}, [f"The link of {name} has ended."], as_json=json)


@reasons.command("add")
def add(
    code: Annotated[str, typer.Argument(help="Small letters, digits and underscores, for tables.")],
    title: Annotated[str, typer.Option(help="What curators read.")],
    kind: Kind = ImageKind.SYNTHETIC,
    workspace: Workspace = WORKSPACE,
    json: Json = False,
) -> None:
    """Add a reason to this workspace, behind the others."""
    add_reason(WorkspacePaths(workspace), kind, ExclusionReason(code=code, title=title))
    show({"code": code, "title": title, "kind": kind}, [f"Added {code}: {title}."], as_json=json)


@reasons.command("list")
def list_command(kind: Kind = ImageKind.SYNTHETIC, workspace: Workspace = WORKSPACE, json: Json = False) -> None:
    """List the reasons in the order of their keys, 1 to 9."""
    found = all_reasons(WorkspacePaths(workspace), kind)
    content = {"kind": kind, "reasons": [{"code": reason.code, "title": reason.title} for reason in found]}
    lines = [f"{key}  {reason.code}: {reason.title}" for key, reason in enumerate(found, 1)]
    show(content, lines, as_json=json)
