"""What the states and steps of a cloud's engine compare before they choose.

Choice rules of the Amazon States Language, and the conditions of a SageMaker pipeline's steps: see `states`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence

_NUMERIC = {"GreaterThanEquals": ">=", "GreaterThan": ">", "LessThanEquals": "<=", "LessThan": "<", "Equals": "=="}
_CONDITIONS = {"GreaterThanOrEqualTo": ">=", "GreaterThan": ">", "LessThanOrEqualTo": "<=", "LessThan": "<"}
_EXPRESSION = re.compile(r"(?<![$\w.\[\]'])([$\w.\[\]']+)\s*(<=|>=|<|>)\s*([\w.$]+)")
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD = re.compile(r"[A-Za-z_]\w*")
_DEPTH = 12


def conditions(node: Mapping) -> Iterator[tuple[str, str, list[str], tuple[int, int]]]:
    """(text, operator, names, place) of what a state compares."""
    for choice in yamlnodes.items(node, "Choices"):
        yield from _choice(choice, 0)
    for one in yamlnodes.items(node, "Arguments", "Conditions"):
        operator = _CONDITIONS.get(yamlnodes.text(one, "Type"))
        if operator and isinstance(one, Mapping):
            sides = [_side(one.get(key)) for key in ("LeftValue", "RightValue")]
            yield f" {operator} ".join(sides), operator, _names(" ".join(sides)), (one.line, one.column)


def _choice(node: Node, depth: int) -> Iterator[tuple[str, str, list[str], tuple[int, int]]]:
    if not isinstance(node, Mapping) or depth > _DEPTH:
        return
    for key in ("And", "Or", "Not"):
        for one in yamlnodes.items(node, key):
            yield from _choice(one, depth + 1)
    variable = yamlnodes.text(node, "Variable")
    for key, value in node.items():
        for word, operator in _NUMERIC.items():
            kind, _, rest = key.partition(word)
            if (
                variable
                and isinstance(value, Scalar)
                and rest in ("", "Path")
                and kind in ("Numeric", "Boolean", "String")
            ):
                yield f"{variable} {operator} {value}", operator, _names(f"{variable} {value}"), node.places[key]
                break
    for left, operator, right in _EXPRESSION.findall(yamlnodes.text(node, "Condition")):
        yield f"{left} {operator} {right}", operator, _names(f"{left} {right}"), node.places["Condition"]


def _side(node: Node | None) -> str:
    """One side of a step's condition as text: a number, or the path of the value it gets."""
    if isinstance(node, Scalar):
        return str(node)
    found = list(texts(node, ("Get", "Path", "PropertyFile"))) if node is not None else []
    return ".".join(text.split(".", 1)[-1] for text in found)


def _names(text: str) -> list[str]:
    return list(dict.fromkeys(snaked(word) for word in _WORD.findall(text)))


def snaked(text: str) -> str:
    """`DescribeModel` as `describe_model`."""
    return _CAPITAL.sub("_", text).lower()


def texts(node: Node | None, keys: tuple[str, ...], depth: int = 0) -> Iterator[Scalar]:
    """The texts under some keys of a state, not those of the states inside it."""
    if isinstance(node, Mapping) and depth < _DEPTH:
        for key, value in node.items():
            if key in ("States", "Branches", "IfSteps", "ElseSteps", "Iterator", "ItemProcessor"):
                continue  # have their own
            if isinstance(value, Scalar) and key in keys:
                yield value
            else:
                yield from texts(value, keys, depth + 1)
    elif isinstance(node, Sequence) and depth < _DEPTH:
        for value in node:
            yield from texts(value, keys, depth + 1)
