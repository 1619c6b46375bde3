"""`explain` and `rules`: what the rules say of themselves."""

from __future__ import annotations

import sys
from dataclasses import fields
from enum import IntEnum
from typing import Any

from mlops_scan.cli import terminal
from mlops_scan.cli.settings import RejectedError
from mlops_scan.scanner.config import Complaint, choice
from mlops_scan.scanner.model import RuleInfo

_FORMATS = ("text", "json", "markdown")


def explain(name: str, color: str) -> int:
    """Print one rule's page. Raises RejectedError for a rule that there is not."""
    infos = {info.name: info for info in _infos()}
    try:
        choice(color, ("auto", "always", "never"))
        page = _page(infos[choice(name, list(infos), "rule")])
    except ValueError as error:
        raise RejectedError([Complaint("explain", str(error))]) from None
    if terminal.colored(color, sys.stdout):
        _pretty(page)
    else:
        terminal.write(page)
    return 0


def rules(name: str) -> int:
    """Print all rules as a table, as JSON, or as the pages of the manual."""
    try:
        choice(name, _FORMATS)
    except ValueError as error:
        raise RejectedError([Complaint("--format", str(error))]) from None
    infos = _infos()
    if name == "json":
        import json

        terminal.write(json.dumps([_data(info) for info in infos], indent=2, ensure_ascii=False) + "\n")
    elif name == "markdown":
        terminal.write("\n".join(_page(info) for info in infos))
    else:
        widest = max((len(info.name) for info in infos), default=0)
        lines = (f"{info.name:{widest}}  {info.severity.label:7}  {info.concern:15}  {info.title}\n" for info in infos)
        terminal.write("".join(lines))
    return 0


def _infos() -> list[RuleInfo]:
    from mlops_scan import engine

    return sorted((rule.info() for rule in engine.all_rules()), key=lambda info: info.name)


def _page(info: RuleInfo) -> str:
    about = (
        f"`{info.severity.label}` · confidence {info.confidence.label} · {info.concern} · "
        f"persona {info.persona.name.lower()} · {info.status}"
    )
    return f"# {info.name}\n\n{about}\n\n{info.doc.strip()}\n"


def _data(info: RuleInfo) -> dict[str, Any]:
    values = {one.name: getattr(info, one.name) for one in fields(info)}
    return {key: value.name.lower() if isinstance(value, IntEnum) else value for key, value in values.items()}


def _pretty(page: str) -> None:
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console(file=sys.stdout, force_terminal=True, width=min(terminal.width(sys.stdout), 120))
    console.print(Markdown(page))
