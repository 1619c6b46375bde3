"""What later steps of a GitHub job know: values with expressions in them, and what steps before put out."""

from __future__ import annotations

import re
from collections.abc import Mapping as Known_
from collections.abc import Sequence

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.shellvariables import Variables
from mlops_scan.scanner.formats.shellwords import split
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_HANDED = re.compile(r"GITHUB_ENV|GITHUB_OUTPUT|::set-output name=")
_OLD = re.compile(r"::set-output name=([\w-]+)::(.+)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][\w-]*)=(.+)", re.DOTALL)
_MOST = 100  # values that the steps of a job put out


def texts(mapping: Node | None, known: Known, *prefixes: str) -> dict[str, tuple[str, ...]]:
    """The values of an `env:`, or of inputs, that hold expressions, with what is known of these filled in."""
    found: dict[str, tuple[str, ...]] = {}
    for name, node in mapping.items() if isinstance(mapping, Mapping) else ():
        if isinstance(node, Scalar) and "${{" in node and "\n" not in node:
            value = (placeholders.fill(str(node), known),)
            found.update((f"{prefix}{name}", value) for prefix in prefixes or ("env.", ""))
    return found


def handed_on(step: Mapping, known: Known) -> dict[str, tuple[str, ...]]:
    """What the script of a step writes to the environment and the outputs that later steps read."""
    run, name = step.get("run"), yamlnodes.text(step, "id")
    found: dict[str, tuple[str, ...]] = {}
    if not isinstance(run, Scalar) or not _HANDED.search(run):
        return found
    variables = Variables()
    for simple in split(str(run)):
        variables.take(simple.words)
        text = str(run)[simple.start : simple.end]
        if simple.words[:1] != ("echo",) or not _HANDED.search(text) or len(found) > _MOST:
            continue
        word = next((one for one in simple.words[1:] if not one.startswith("-")), "")
        pair = _OLD.match(word) or _PAIR.match(word)
        if pair is not None:
            value = (placeholders.fill(variables.fill(pair[2]), known)[: bounds.FACT_TEXT],)
            if "GITHUB_ENV" in text:
                found.update({f"env.{pair[1]}": value, pair[1]: value})
            elif name:
                found[f"steps.{name}.outputs.{pair[1]}"] = value
    return found


def filled(inputs: Known_[str, str], matrix: Sequence[dict[str, str]], known: Known) -> list[dict[str, str]]:
    """Inputs as the jobs of a matrix, the environment and callers fill them; none where all say what is written."""
    asking = {key: value for key, value in inputs.items() if "${{" in value}
    found: list[dict[str, str]] = []
    for values in placeholders.by_matrix(matrix, " ".join(asking.values())) if asking else ():
        for words in placeholders.variants(list(asking.values()), {**known, **values}):
            one = {**inputs, **dict(zip(asking, words, strict=True))}
            if one != inputs and one not in found:
                found.append(one)
    return found[:16]
