"""What later steps of a GitHub job know: values with expressions in them, and what steps before put out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Mapping as Known_

from mlops_scan.scanner import bounds
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.shellvariables import Variables
from mlops_scan.scanner.formats.shellwords import split
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_HANDED = re.compile(r"GITHUB_ENV|GITHUB_OUTPUT|::set-output name=")
_OLD = re.compile(r"::set-output name=([\w-]+)::(.+)", re.DOTALL)
_PAIR = re.compile(r"([A-Za-z_][\w-]*)=(.+)", re.DOTALL)
_GROUP = re.compile(r"^[ \t]*\}[ \t]*>>?[ \t]*\"?\$\{?(GITHUB_(?:OUTPUT|ENV))", re.MULTILINE)
_ASKS = re.compile(r"\b(?:if|case|for|while|until)\b|&&|\|\|")
_FORMAT = re.compile(r"%s|\\n")
_WAYS = 8  # of one of them
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
    for key, value, variable in _written(str(run)):
        if len(found) > _MOST:
            break
        text = placeholders.fill(value, known)[: bounds.FACT_TEXT]
        for place in (f"env.{key}", key) if variable else (f"steps.{name}.outputs.{key}",) if name else ():
            found[place] = tuple(dict.fromkeys((*found.get(place, ()), text)))[:_WAYS]
    return found


def _written(run: str) -> Iterator[tuple[str, str, bool]]:
    """(name, value, whether for the environment) of what `echo`, `printf` and here-documents write to these files."""
    variables = Variables()
    groups = list(_groups(run))
    found = split(run)
    for index, simple in enumerate(found):
        variables.take(simple.words)
        text = run[simple.start : simple.end]
        if simple.after == "|" and index + 1 < len(found):  # `echo ... | tee -a "$GITHUB_OUTPUT"`
            text += " ".join(found[index + 1].words)
        words = [word for word in simple.words if word not in ("{", "then", "else", "do")]
        group = next((target for start, end, target in groups if start <= simple.start < end), "")
        if words[:1] not in (["echo"], ["printf"], ["cat"]) or not (group or _HANDED.search(text)):
            continue
        for line in _lines(words, simple.heredoc[1] if simple.heredoc else ""):
            pair = _OLD.match(line) or _PAIR.match(line)
            if pair is not None:
                yield pair[1], variables.fill(pair[2]), "GITHUB_ENV" in (group or text)


def _lines(words: Sequence[str], fed: str) -> list[str]:
    """The lines that a command prints."""
    if words[0] == "cat":
        return [line.strip() for line in fed.split("\n")]
    said = [one for one in words[1:] if not one.startswith("-")]
    if words[0] == "printf" and said:
        values = iter(said[1:])
        text = _FORMAT.sub(lambda found: next(values, "") if found[0] == "%s" else "\n", said[0])
        return [line for line in text.split("\n") if line]
    return said[:1]


def _groups(run: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, file) of `{ ... } >> "$GITHUB_OUTPUT"`."""
    for found in _GROUP.finditer(run):
        start = run.rfind("{\n", 0, found.start())
        if start >= 0:
            yield start, found.start(), found[1]


def outputs(job: Mapping, known: Known) -> dict[str, tuple[str, ...]]:
    """What a job puts out, as far as constants and the environment tell what its steps write."""
    told = job.get("outputs")
    if not isinstance(told, Mapping):
        return {}
    own = {**known, **placeholders.constants(job.get("env"), "env.", "", known=known)}
    for step in yamlnodes.items(job, "steps"):
        if isinstance(step, Mapping):
            inside = {**own, **placeholders.constants(step.get("env"), "env.", "", known=own)}
            own.update(handed_on(step, inside))
    found: dict[str, tuple[str, ...]] = {}
    for name, node in told.items():
        texts = [words[0] for words in placeholders.variants([str(node)], own)] if isinstance(node, Scalar) else []
        kept = tuple(text[: bounds.FACT_TEXT] for text in texts if text and "${{" not in text and "\n" not in text)
        if kept and len(kept) == len(texts):
            found[name] = kept[:_WAYS]
    return found


def unasked(job: Mapping) -> bool:
    """Whether the steps of a job write what they put out whatever happens."""
    steps = [one for one in yamlnodes.items(job, "steps") if isinstance(one, Mapping) and "id" in one]
    return all("if" not in one and not _ASKS.search(yamlnodes.text(one, "run")) for one in steps)


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
