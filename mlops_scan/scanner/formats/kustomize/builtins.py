"""Generators and transformers of kustomize itself that objects configure, as the fields of a kustomization they equal.

https://kubectl.docs.kubernetes.io/references/kustomize/builtins/ (read 2026-08). What is no part of kustomize is a
program, and not run.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Repository, Scalar, Sequence, made

KEYS = ("generators", "transformers")
_OLD = "helmChartInflationGenerator"
_RENAMED = {"chartName": "name", "chartRepo": "repo", "chartRepoUrl": "repo", "chartVersion": "version"}
_IDENTITY = frozenset(("apiVersion", "kind", "metadata"))
Field = tuple[str, Any]  # a key of a kustomization, and an entry of its list (or its text)


def expanded(tree: Repository, folder: str, node: Mapping) -> Mapping:
    """The kustomization with the fields that its generators and transformers equal; each stands at their entry."""
    whole = node
    for entry, (key, value) in _fields(tree, folder, node):
        if whole is node:
            whole = Mapping(node.line, node.column, node.tag)
            whole.update(node)
            whole.places, whole.repeated = dict(node.places), list(node.repeated)
        _add(whole, key, made(value, entry.line, entry.column), entry)
    return whole


def is_known(tree: Repository, folder: str, entry: Node) -> bool:
    """Whether an entry of `generators` or `transformers` is one that its fields stand for."""
    documents = _documents(tree, folder, entry)
    return bool(documents) and all(list(_of(one)) for one in documents)


def _fields(tree: Repository, folder: str, node: Mapping) -> Iterator[tuple[Node, Field]]:
    for key in KEYS:
        for entry in yamlnodes.items(node, key):
            for one in _documents(tree, folder, entry):
                yield from ((entry, field) for field in _of(one))
    for entry in yamlnodes.items(node, _OLD):
        if isinstance(entry, Mapping):
            yield entry, ("helmCharts", _chart(yamlnodes.plain(entry)))


def _documents(tree: Repository, folder: str, entry: Node) -> list[Any]:
    """The objects of an entry, in a file or written in place, as plain data."""
    if not isinstance(entry, Scalar) or not entry.strip():
        return []
    if "\n" in entry:
        try:
            return [yamlnodes.plain(one) for one in yamlnodes.parse(str(entry))]
        except yamlnodes.YamlError:
            return []
    source = tree.get(f"{folder}/{entry}" if folder else str(entry))
    return [yamlnodes.plain(one) for one in yamlnodes.documents(source).documents] if source is not None else []


def _of(document: Any) -> Iterator[Field]:
    """The fields that an object equals; none where kustomize does not know it."""
    if not isinstance(document, dict) or document.get("apiVersion") != "builtin":
        return
    kind, metadata = document.get("kind"), document.get("metadata")
    named = metadata if isinstance(metadata, dict) else {}
    content = {key: value for key, value in document.items() if key not in _IDENTITY}
    if kind == "HelmChartInflationGenerator":
        yield "helmCharts", _chart(content)
    elif kind in ("ConfigMapGenerator", "SecretGenerator"):
        yield f"{kind[0].lower()}{kind[1:]}", {**content, "name": named.get("name")}
    elif kind in ("PatchTransformer", "PatchJson6902Transformer"):
        yield "patches", {**content, "patch": content.get("patch") or content.get("jsonOp") or ""}
    elif kind == "PatchStrategicMergeTransformer":
        yield from (("patchesStrategicMerge", one) for one in _listed(content.get("paths")))
        yield from (("patchesStrategicMerge", one) for one in _listed(content.get("patches")) if one)
    elif kind == "ImageTagTransformer":
        yield "images", content.get("imageTag") or {}
    elif kind == "ReplicaCountTransformer":
        yield "replicas", content.get("replica") or {}
    elif kind == "LabelTransformer":
        yield "labels", {"pairs": content.get("labels") or {}}
    elif kind == "NamespaceTransformer":
        yield "namespace", str(named.get("namespace") or "")
    elif kind in ("PrefixTransformer", "SuffixTransformer", "PrefixSuffixTransformer"):
        yield "namePrefix", str(content.get("prefix") or "")
        yield "nameSuffix", str(content.get("suffix") or "")


def _chart(content: Any) -> dict[str, Any]:
    """An entry of `helmCharts`, from the words of today or of earlier versions."""
    found = {_RENAMED.get(key, key): value for key, value in content.items()}
    values = found.pop("values", None)
    return {**({"valuesFile": values} if isinstance(values, str) else {}), **found}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _add(whole: Mapping, key: str, value: Node, entry: Node) -> None:
    if isinstance(value, Scalar) and key != "patchesStrategicMerge":
        before = yamlnodes.text(whole, key)
        texts = {"namePrefix": f"{value}{before}", "nameSuffix": f"{before}{value}"}
        if value:
            whole[key] = made(texts.get(key, str(value)), entry.line, entry.column)
            whole.places[key] = (entry.line, entry.column)
        return
    entries = Sequence(entry.line, entry.column)
    entries.extend((*yamlnodes.items(whole, key), value))
    whole[key] = entries
    whole.places.setdefault(key, (entry.line, entry.column))
