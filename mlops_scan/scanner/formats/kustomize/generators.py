"""ConfigMaps and Secrets that a kustomization generates, as objects."""

from __future__ import annotations

from collections.abc import Iterator

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.kustomize.patches import put
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, made

_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}


def generated(node: Mapping) -> Iterator[tuple[Mapping, str, list[Scalar]]]:
    """(object, behaviour, files of variables) of each entry: `create`, `merge` or `replace`.

    Other files are named as a value, not read.
    """
    for key, kind in _GENERATORS.items():
        for entry in yamlnodes.items(node, key):
            if isinstance(entry, Mapping) and yamlnodes.text(entry, "name"):
                files = [*_texts(entry, "envs"), *_texts(entry, "env")] if kind == "ConfigMap" else []
                yield _object(entry, kind), yamlnodes.text(entry, "behavior", default="create"), files


def variables(text: str) -> Iterator[tuple[str, str, int]]:
    """(name, value, line) of each line of a file of variables."""
    for number, line in enumerate(text.split("\n"), start=1):
        name, equals, value = line.strip().partition("=")
        if equals and name and not name.startswith("#"):
            yield name, value.strip(), number


def _object(entry: Mapping, kind: str) -> Mapping:
    whole = made(
        {"apiVersion": "v1", "kind": kind, "metadata": {"name": yamlnodes.text(entry, "name")}, "data": {}},
        entry.line,
        entry.column,
    )
    data = yamlnodes.child(whole, "data")
    if isinstance(whole, Mapping) and isinstance(data, Mapping):
        namespace = yamlnodes.child(entry, "namespace")
        metadata = yamlnodes.child(whole, "metadata")
        if isinstance(namespace, Scalar) and isinstance(metadata, Mapping):
            put(metadata, "namespace", namespace, (namespace.line, namespace.column))
        for name, value, source in _values(entry, kind):
            put(data, name, value, (source.line, source.column))
        return whole
    return entry


def _values(entry: Mapping, kind: str) -> Iterator[tuple[str, Node, Scalar]]:
    for literal in _texts(entry, "literals"):
        name, _, value = literal.partition("=")
        yield name, made(value.strip("'\""), literal.line, literal.column), literal
    for file in _texts(entry, "files"):
        name, equals, path = file.partition("=")
        path = path if equals else str(file)
        yield name if equals else path.rsplit("/", 1)[-1], made({"expr": path}, file.line, file.column), file
    for file in [*_texts(entry, "envs"), *_texts(entry, "env")] if kind == "Secret" else ():
        yield file.rsplit("/", 1)[-1], made({"expr": str(file)}, file.line, file.column), file


def _texts(entry: Mapping, key: str) -> list[Scalar]:
    return [one for one in yamlnodes.items(entry, key) if isinstance(one, Scalar)]
