"""Objects that the tasks of an Ansible playbook or role apply: the `definition` of a module for Kubernetes.

https://docs.ansible.com/ansible/latest/collections/kubernetes/core/k8s_module.html, read 2026-01: `definition` (also
`resource_definition`, `inline`) is an object, a list of them, or their text; `state: absent` takes them away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar, Sequence, rewritten, scalar

_GIVEN = ("definition", "resource_definition", "inline")
_NESTED = ("tasks", "pre_tasks", "post_tasks", "handlers", "block", "rescue", "always")
_EXPRESSION = re.compile(r"\{\{([^{}]*)\}\}")
_DEPTH = 60
_LEVELS = 6  # blocks in blocks


def applied(task: Mapping, values: dict[str, str] | None = None, level: int = 0) -> Iterator[Mapping]:
    """The objects of a play or a task, with the play's own variables put in; what else is open stays a variable."""
    known = {**(values or {}), **_variables(task)}
    for key, value in task.items():
        if key in _NESTED and isinstance(value, Sequence) and level < _LEVELS:
            for inner in value:
                if isinstance(inner, Mapping):
                    yield from applied(inner, known, level + 1)
        elif isinstance(value, Mapping) and yamlnodes.text(value, "state") != "absent":
            for name in _GIVEN:
                for one in _mappings(value.get(name)):
                    made = rewritten(one, partial(_filled, known), _DEPTH)
                    if isinstance(made, Mapping):
                        yield made


def _variables(play: Mapping) -> dict[str, str]:
    given = play.get("vars")
    plain = given.items() if isinstance(given, Mapping) else ()
    return {key: str(value) for key, value in plain if isinstance(value, Scalar) and "{{" not in value}


def _mappings(node: Node | None) -> Iterator[Mapping]:
    if isinstance(node, Mapping):
        yield node
    elif isinstance(node, Sequence):
        yield from (one for one in node if isinstance(one, Mapping))


def _value(values: dict[str, str], name: str) -> str:
    return values.get(name, f"${{{name}}}")


def _filled(values: dict[str, str], text: Scalar) -> Scalar:
    if "{{" not in text:
        return text
    made = _EXPRESSION.sub(lambda match: _value(values, match[1].strip("-").strip()), str(text))
    whole = scalar(made, text.line, text.column, bare=text.bare)
    whole.block, whole.tag = text.block, text.tag
    return whole
