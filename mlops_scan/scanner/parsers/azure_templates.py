"""What the files of Azure Pipelines know of their placeholders: parameters through templates, variables, loops."""

from __future__ import annotations

import re
from collections.abc import Iterator

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import placeholders, yamlnodes
from mlops_scan.scanner.formats.azuresteps import flat, flat_mapping, template_path
from mlops_scan.scanner.formats.placeholders import Known
from mlops_scan.scanner.formats.yamlnodes import Mapping, Node, Scalar

_TEMPLATE = re.compile(rb"\btemplate[ \t]*:")
_EACH = re.compile(r"\$\{\{[ \t]*each[ \t]+(\w+)[ \t]+in[ \t]+([\w.-]+)[ \t]*\}\}\Z")
_WHOLE = re.compile(r"\$\{\{[ \t]*([\w.-]+)[ \t]*\}\}\Z")
_NAMES = "parameters"  # the key of the names that calls give
_PARAMETERS = re.compile(r"\bparameters\.[\w-]+")
_MOST_VALUES = 8  # of one parameter
_MOST_KEYS = 400  # of one template
_ROUNDS = 6  # a template calls a template calls a template
_DEEP = 4  # lists in lists of a parameter

Values = dict[str, tuple[str, ...]]


def known(source: SourceFile, tree: Tree, document: Mapping) -> Values:
    """The values of a file's parameters, variables and loops, by the names that placeholders give them."""
    return _of_file(source, tree, document, _given(tree).get(source.path, {}))


def settled(source: SourceFile, tree: Tree, document: Mapping) -> Values:
    """The values on which conditions may rest: parameters that callers give a template, those that a pipeline allows.

    A parameter with a default that somebody may choose otherwise is open, and so is a variable that a script may set.
    """
    given = _given(tree).get(source.path, {})
    found: Values = {}
    for name, default in _declared(document):
        key = f"parameters.{name}"
        ways = given.get(_NAMES, ())
        omitted = [one for one in ways if name not in one.split(",")]
        values = [*given.get(key, ()), *([str(default)] if omitted and isinstance(default, Scalar) else [])]
        if max(len(ways), len(values)) >= _MOST_VALUES:
            continue  # there may be more
        if ways and f"{key}?" not in given and (values or not omitted):
            found[key] = tuple(dict.fromkeys(values))
        elif not ways and (allowed := _allowed(document, name)):
            found[key] = allowed
    if b"task.setvariable" not in source.data:
        found |= {key: one for key, one in variables(source, tree, document, found).items() if "$" not in "".join(one)}
    return {key: values for key, values in found.items() if values}


def _allowed(document: Mapping, name: str) -> tuple[str, ...]:
    """The values that a parameter of a pipeline may have, where it says so."""
    declared = document.get("parameters")
    for one in declared if isinstance(declared, yamlnodes.Sequence) else ():
        if yamlnodes.text(one, "name") == name:
            return tuple(str(value) for value in yamlnodes.items(one, "values"))
    return ()


def variables(source: SourceFile, tree: Tree, holder: Mapping, outer: Known) -> Values:
    """The variables of a pipeline, stage or job that are written down, here or in the file that `template` names."""
    node = holder.get("variables")
    found = placeholders.constants(flat_mapping(node), "", "variables.", known=outer)
    for one in flat(node) if isinstance(node, yamlnodes.Sequence) else ():
        used = yamlnodes.text(one, "template")
        name, value = yamlnodes.text(one, "name"), yamlnodes.text(one, "value")
        if used and (other := tree.get(template_path(source.folder, used))) not in (None, source):
            for document in yamlnodes.documents(other).documents[:1] if other else ():
                for item in [document.get("variables")] if isinstance(document, Mapping) else []:
                    found |= placeholders.constants(flat_mapping(item), "", "variables.", known={**outer, **found})
                    for pair in flat(item) if isinstance(item, yamlnodes.Sequence) else ():
                        _add(found, yamlnodes.text(pair, "name"), yamlnodes.text(pair, "value"), outer)
        _add(found, name, value, outer)
    return found


def _add(found: Values, name: str, value: str, outer: Known) -> None:
    value = placeholders.fill(value, {**outer, **found})
    if name and value and "${{" not in value:
        found[name] = found[f"variables.{name}"] = (value,)


def _of_file(source: SourceFile, tree: Tree, document: Mapping, given: Values) -> Values:
    found = {key: values for key, values in given.items() if not key.startswith("parameters.") or key.endswith("?")}
    for name, default in _declared(document):
        key = f"parameters.{name}"
        said = {one: values for one, values in given.items() if one == key or one.startswith((f"{key}.", f"{key}["))}
        found |= said or _values(key, default, {})
    found |= variables(source, tree, document, found)
    for name, over in _loops(document):
        found |= {
            name + one[len(over) + 2 :]: values for one, values in list(found.items()) if one.startswith(f"{over}[]")
        }
    return found


def _declared(document: Mapping) -> Iterator[tuple[str, Node | None]]:
    """(name, default) of the parameters of a file."""
    declared = document.get("parameters")
    if isinstance(declared, Mapping):
        yield from declared.items()
    for one in declared if isinstance(declared, yamlnodes.Sequence) else ():
        if name := yamlnodes.text(one, "name"):
            yield name, yamlnodes.child(one, "default")


def _values(key: str, node: Node | None, outer: Known, deep: int = 0) -> Values:
    """`key` for a plain value, `key.name` for what a mapping holds, `key[]` for the items of a list."""
    found: Values = {}
    if isinstance(node, Scalar):
        if (whole := _WHOLE.match(node.strip())) and whole[1] not in outer:
            inside = (f"{whole[1]}.", f"{whole[1]}[")
            return {key + one[len(whole[1]) :]: values for one, values in outer.items() if one.startswith(inside)}
        texts = [text for (text,) in placeholders.variants([str(node)], outer) if text and "${{" not in text]
        return {key: tuple(dict.fromkeys(texts))[:_MOST_VALUES]} if texts else {}
    if deep >= _DEEP:
        return found
    if isinstance(node, Mapping):
        for name, inner in node.items():
            _merge(found, _values(f"{key}.{name}", inner, outer, deep + 1))
    elif isinstance(node, yamlnodes.Sequence):
        for inner in node:
            _merge(found, _values(f"{key}[]", inner, outer, deep + 1))
    return found


def _merge(into: Values, more: Values) -> None:
    for key, values in more.items():
        if key in into or len(into) < _MOST_KEYS:
            into[key] = tuple(dict.fromkeys((*into.get(key, ()), *values)))[:_MOST_VALUES]


def _loops(node: Node) -> Iterator[tuple[str, str]]:
    """(name, list) of each `${{ each name in list }}`, outer ones first."""
    waiting: list[Node] = [node]
    for one in waiting:
        if isinstance(one, Mapping):
            yield from ((loop[1], loop[2]) for key in one if (loop := _EACH.match(key)))
            waiting += one.values()
        elif isinstance(one, yamlnodes.Sequence):
            waiting += one


def _given(tree: Tree) -> dict[str, Values]:
    """Template -> what the files of the repository that call it give it: parameters, and the variables around it."""

    def find() -> dict[str, Values]:
        files: list[tuple[SourceFile, Mapping]] = []
        for path in tree.paths:
            source = tree.get(path) if path.endswith((".yml", ".yaml")) else None
            if source is not None and _TEMPLATE.search(source.data):
                found = yamlnodes.documents(source).documents[:1]
                files += [(source, one) for one in found if isinstance(one, Mapping) and not _foreign(one)]
        given: dict[str, Values] = {}
        for _ in range(_ROUNDS):
            before, given = given, {}
            for source, document in files:
                here = _of_file(source, tree, document, before.get(source.path, {}))
                for target, values in _calls(source, tree, document, here):
                    _merge(given.setdefault(target, {}), values)
            if given == before:
                break
        return given

    return tree.memo("azure-template-values", find)


def _is_open(value: Node, here: Values) -> bool:
    """Whether a value rests on a parameter that somebody may choose, or on what is known when it runs."""
    text = str(value) if isinstance(value, Scalar) else ""
    used = _PARAMETERS.findall(text)
    return "$(" in text or "$[" in text or any(_NAMES not in here or f"{one}?" in here for one in used)


def _foreign(document: Mapping) -> bool:
    """An object of a cluster, whose `template` is something else."""
    return "apiVersion" in document or "kind" in document


def _calls(source: SourceFile, tree: Tree, document: Mapping, here: Values) -> Iterator[tuple[str, Values]]:
    """(template, its parameters and variables) of each `template:` of a file."""
    waiting: list[tuple[Node, Values]] = [(document, here)]
    while waiting:
        node, outer = waiting.pop()
        if isinstance(node, Mapping):
            if node is not document and "variables" in node:
                outer = {**outer, **variables(source, tree, node, outer)}
            used = template_path(source.folder, yamlnodes.text(node, "template"))
            if used != "." and tree.get(used) is not None:
                around = {key for key in outer if key.startswith("variables.")}
                around |= {key.removeprefix("variables.") for key in around}
                yield used, {key: outer[key] for key in sorted(around) if key in outer}
                parameters = flat_mapping(node.get("parameters")) or Mapping(node.line, node.column)
                yield used, {_NAMES: (",".join(sorted(parameters)),)}
                for name, value in parameters.items():
                    values = _values(f"parameters.{name}", value, outer)
                    yield used, values
                    if f"parameters.{name}" not in values or _is_open(value, here):
                        yield used, {f"parameters.{name}?": ("?",)}
            waiting += [(one, outer) for one in node.values()]
        elif isinstance(node, yamlnodes.Sequence):
            waiting += [(one, outer) for one in node]
