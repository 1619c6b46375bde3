"""unpinned-model-revision"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from mlops_scan.rules.base import ANY_ML, Rule
from mlops_scan.scanner.graph import Graph, Use
from mlops_scan.scanner.model import Confidence, Finding, Location

_HUB_ID = re.compile(r"[\w][\w.-]*/[\w][\w.-]*\Z")
_LOCAL = re.compile(
    r"^(?:[./~\\]|[A-Za-z]:\\|(?:models?|data|artifacts?|weights|checkpoints?|output|opt|mnt|app|tmp)/)|\.(?:bin|pt|pth|onnx|gguf|h5)$"
)
_BRANCHES = frozenset(("main", "master", "latest", "dev"))


class UnpinnedModelRevision(Rule):
    """A model is loaded from a hub by name, without a revision

    ## Why is this bad?
    The owner of the name can change the weights, the tokenizer or the code behind it at any time: the same deployment
    answers differently after its next restart, or runs somebody else's code.

    ## Example
    ```python title="app/model.py"
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained("acme/answer-7b")
    ```

    ## Use instead
    ```python title="app/model.py"
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_pretrained("acme/answer-7b", revision="4e20de362430cd3b72f300e6b0f18e50e7166e08")
    ```

    ## When to ignore
    A throw-away experiment.

    ## References
    Hugging Face documentation, from_pretrained(revision); OWASP LLM top ten, LLM03 supply chain.
    """

    confidence = Confidence.MEDIUM
    kinds = ANY_ML
    references = (
        "https://huggingface.co/docs/transformers/main_classes/model#transformers.PreTrainedModel.from_pretrained",
    )
    remedy = "Pass the commit of the model repository as its revision."

    def check(self, graph: Graph) -> Iterator[Finding]:
        for use in graph.uses("loads-hub-model"):
            if use.disabled or _is_pinned(use):
                continue
            name = _hub_name(use.argument("id"))
            if use.fact.kind != "call":  # what a server is told on its command line; CI starts one to test something
                if _HUB_ID.match(name) and use.fact.get("where") != "ci":
                    yield self._served(use, name)
            elif name and not _is_local(use.fact.get("kwargs", {}).get("local_files_only")):
                yield self.finding(
                    f"'{name}' is loaded from a hub without a fixed revision.",
                    use.at,
                    subject=f"{use.at.path}#{use.fact.get('function') or ''}:{use.fact.name}:{name}",
                )

    def _served(self, use: Use, name: str) -> Finding:
        lines = use.fact.get("lines") or {}
        line = lines.get("model") or lines.get("args") or lines.get("command")
        return self.finding(
            f"'{name}' is served from a hub without a fixed revision.",
            Location(use.at.path, int(line)) if line else use.at,
            subject=f"{use.at.path}#{use.fact.get('workload') or use.fact.get('owner') or ''}:{name}",
        )


def _is_local(value: Any) -> bool:
    """Whether only files on disk are read. What arrives in a variable may say so, unless it is known not to."""
    return bool(value.get("const", True) if isinstance(value, dict) else value)


def _is_pinned(use: Use) -> bool:
    if not use.given("revision"):
        return False
    revision = use.argument("revision")
    return not (revision is None or (isinstance(revision, str) and revision in _BRANCHES))


def _hub_name(value: Any) -> str:
    """The hub name that a call loads: a constant `owner/name` (or a bare name), not a path."""
    text = value if isinstance(value, str) else value.get("const") if isinstance(value, dict) else None
    if not isinstance(text, str) or not text or _LOCAL.search(text):
        return ""
    return text if _HUB_ID.match(text) or re.fullmatch(r"[\w][\w.-]+", text) else ""
