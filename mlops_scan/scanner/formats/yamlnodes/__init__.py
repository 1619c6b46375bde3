"""YAML (and JSON) as nodes that know their line and column. Scalars stay text; `typed` and `plain` type them."""

from mlops_scan.scanner.formats.yamlnodes.access import at, child, items, plain, text, typed
from mlops_scan.scanner.formats.yamlnodes.builder import YamlError
from mlops_scan.scanner.formats.yamlnodes.nodes import Mapping, Node, Scalar, Sequence, made, rewritten, scalar
from mlops_scan.scanner.formats.yamlnodes.reader import (
    Parsed,
    Readable,
    Repository,
    document,
    documents,
    is_definition,
    parse,
    split,
)

__all__ = [
    "Mapping",
    "Node",
    "Parsed",
    "Readable",
    "Repository",
    "Scalar",
    "Sequence",
    "YamlError",
    "at",
    "child",
    "document",
    "documents",
    "is_definition",
    "items",
    "made",
    "parse",
    "plain",
    "rewritten",
    "scalar",
    "split",
    "text",
    "typed",
]
