"""The Kubernetes objects of one file: a cheap look at each document first, then only what can matter is parsed."""

from __future__ import annotations

import json
import re

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kube.objects import objects
from mlops_scan.scanner.formats.yamlnodes import Mapping, Parsed, Readable
from mlops_scan.scanner.model import Location, Note

# a key `kind` at the left margin (YAML), or quoted, or after '{' or ',' (JSON, flow style); the word is the kind
_KIND = re.compile(r"""(?:^|["'{,])kind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""", re.MULTILINE)
_MARGIN_KIND = re.compile(r"""^["']?kind["']?[ \t]*:[ \t]*["']?([A-Za-z]+)""", re.MULTILINE)
_TEMPLATED = re.compile(r"\{\{|\{%|<%")
_KUSTOMIZE = "kustomize.config.k8s.io"  # has a parser of its own; other groups have a kind Kustomization too


def manifests(source: Readable) -> Parsed:
    """The objects of a YAML or JSON file, lists opened; at most one note for documents that look like one and fail."""
    return source.memo("kube", lambda: _manifests(source))


def _manifests(source: Readable) -> Parsed:
    found: list[Mapping] = []
    unreadable: list[Note] = []
    if source.path.endswith(".json") and not _is_json(source.text):
        looks = _KIND.search(source.text) is not None and "apiVersion" in source.text
        return Parsed((), (Note(Location(source.path), "not readable as JSON"),) if looks else ())
    for first_line, text in yamlnodes.split(source.text):
        if not _wanted(text):
            continue
        try:
            documents = yamlnodes.document(source, text, first_line)
        except yamlnodes.YamlError as error:
            if _MARGIN_KIND.search(text):
                unreadable.append(Note(Location(source.path, error.line), _reason(text, error.reason)))
            continue
        found += [one for document in documents for one in objects(document)]
    return Parsed(tuple(found), tuple(unreadable[:1]))


def _is_json(text: str) -> bool:
    """Whether a .json file is JSON as the tools that apply it demand: the YAML reader would forgive a template."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _wanted(text: str) -> bool:
    """Whether a document is worth parsing: definitions of types are nine tenths of all YAML in some repositories."""
    if "apiVersion" not in text:
        return False
    first = _MARGIN_KIND.search(text) or _KIND.search(text)
    if first is None:
        return "definition:" in text  # of a task that applies it
    if first[1] == "CustomResourceDefinition":
        return False
    return first[1] not in ("Kustomization", "Component") or _KUSTOMIZE not in text


def _reason(text: str, reason: str) -> str:
    if _TEMPLATED.search(text):
        return "a Kubernetes object in a template language: not readable before it is rendered"
    return f"not readable as YAML: {reason}"
