"""Code that asks a model over HTTP: what it posts to is named for predictions."""

from __future__ import annotations

import re
from typing import Any

from mlops_scan.scanner.graph.core import Graph
from mlops_scan.scanner.graph.memo import once
from mlops_scan.scanner.graph.use import Use

_ANSWERS = re.compile(r"/(?:predict(?:ions?)?|infer(?:ence)?|invocations|scor(?:e|ing))(?:[/?#]|$)", re.IGNORECASE)


@once
def asked_remotely(graph: Graph) -> tuple[Use, ...]:
    """Outgoing calls that post to an address of predictions."""
    posts = (
        use
        for use in graph.uses("http-client")
        if use.fact.kind == "call" and not use.disabled and use.fact.name.rpartition(".")[2] in ("post", "request")
    )
    return tuple(use for use in posts if any(_ANSWERS.search(text) for text in _texts(use.argument("url"))))


def _texts(value: Any) -> list[str]:
    """The known pieces of an address."""
    if isinstance(value, str):
        return [value]
    if not isinstance(value, dict):
        return []
    known = [value.get("const"), *(value.get("parts") or ())]
    return [one for one in known if isinstance(one, str)]
