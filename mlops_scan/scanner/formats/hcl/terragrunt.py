"""Terragrunt: a `terragrunt.hcl` is a root that calls one module, or gives values to the one it lies beside.

Only what stands in the file itself counts: `terraform.source` and `inputs`
(https://terragrunt.gruntwork.io/docs/reference/config-blocks-and-attributes/, read 2026-08).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlops_scan.scanner.formats.hcl.nodes import (
    Access,
    Attribute,
    Block,
    Body,
    Call,
    Expression,
    Literal,
    ObjectLiteral,
    Template,
)

if TYPE_CHECKING:
    from mlops_scan.scanner.formats.hcl.reader import Document

NAME = "terragrunt.hcl"
CALL = "terragrunt"
_ROOT = ("get_repo_root", "get_path_to_repo_root")
_HERE = ("get_terragrunt_dir",)


def taken(
    folder: str, documents: list[tuple[str, Document]]
) -> tuple[list[tuple[str, Document]], list[tuple[str, Document]]]:
    """(the files of the module, what gives its variables values), the former with the call that Terragrunt makes."""
    made: list[tuple[str, Document]] = []
    given: list[tuple[str, Document]] = []
    beside = len(documents) > 1
    for path, document in documents:
        if path.rpartition("/")[2] != NAME:
            made.append((path, document))
            continue
        source = next((block for block in document.body.blocks if block.kind == "terraform"), None)
        written = source.body.attributes.get("source") if source is not None else None
        arguments = dict(_inputs(document.body))
        if written is not None and source is not None:
            text = _source(written.value, folder)
            arguments["source"] = Attribute("source", Literal(text, written.spot, text), written.spot)
            call = Block("module", (CALL,), Body(arguments, ()), path, source.spot, source.end_line)
            kept = tuple(block for block in document.body.blocks if block.kind == "locals")
            made.append((path, type(document)(Body({}, (call, *kept)), document.notes)))
        elif beside:
            given.append((path, type(document)(Body(arguments, ()), document.notes)))
    return made, given


def _inputs(body: Body) -> list[tuple[str, Attribute]]:
    """The arguments, where they are written as an object (or as one that is merged with others)."""
    written = body.attributes.get("inputs")
    value = written.value if written is not None else None
    parts = value.args if isinstance(value, Call) and value.name == "merge" else (value,)
    return [
        (item.key.value, Attribute(item.key.value, item.value, item.spot))
        for part in parts
        if isinstance(part, ObjectLiteral)
        for item in part.items
        if isinstance(item.key, Literal) and isinstance(item.key.value, str)
    ]


def _source(value: Expression, folder: str) -> str:
    """The source as a module call would write it: a path of the repository relative to the folder."""
    if isinstance(value, Literal):
        return str(value.value)
    parts = value.parts if isinstance(value, Template) else ()
    first = parts[0] if parts else None
    rest = [part for part in parts[1:] if isinstance(part, str)]
    if not isinstance(first, Call) or len(rest) != len(parts) - 1:
        return value.source if not isinstance(value, Access) else ""
    tail = "".join(rest).lstrip("/")
    if first.name in _HERE:
        return f"./{tail}"
    if first.name in _ROOT:
        return "../" * (folder.count("/") + 1 if folder else 0) + tail if folder else f"./{tail}"
    return value.source
