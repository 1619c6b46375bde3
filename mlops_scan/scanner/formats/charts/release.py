"""A chart as it would be installed: which sub-charts take part, under which names, with which values; then rendered."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from mlops_scan.scanner.formats import yamlnodes
from mlops_scan.scanner.formats.charts.chart import Chart, find
from mlops_scan.scanner.formats.charts.dependencies import Dependency
from mlops_scan.scanner.formats.gotemplate import merging
from mlops_scan.scanner.formats.gotemplate.nodes import Value
from mlops_scan.scanner.formats.gotemplate.values import Values, copy, table
from mlops_scan.scanner.formats.yamlnodes import Repository


@dataclass(slots=True)
class Instance:
    """A chart in its place: `name` is its alias if it has one, `path` Helm's own ('app/charts/cache').

    `outside`: it, or a chart around it, lies outside the root's charts/ folder and is a chart of its own there.
    """

    chart: Chart
    name: str
    path: str
    keys: tuple[str, ...]
    dependency: Dependency | None
    defaults: Values
    outside: bool
    children: list[Instance] = field(default_factory=list)

    def all(self) -> Iterator[Instance]:
        """Itself and every instance below."""
        yield self
        for child in self.children:
            yield from child.all()

    def values(self, root: Mapping[str, Value]) -> dict[str, Value]:
        """Its part of the root's values."""
        return table(root, *self.keys) or {}


def install(chart: Chart, given: Values, *, all_enabled: bool = False) -> tuple[Instance, Values]:
    """The tree of instances and the root's values, `given` being what a user sets over the defaults."""
    root = _instance(chart, None, None)
    if not all_enabled:
        _prune(root, root, given)
    _import(root)
    values: Values = copy(given)
    coalesce(root, values)
    merging.without_nulls(values)
    return root, values


def _instance(chart: Chart, dependency: Dependency | None, parent: Instance | None) -> Instance:
    name = dependency.alias or chart.name if dependency is not None else chart.name
    made = Instance(
        chart,
        name,
        f"{parent.path}/charts/{name}" if parent is not None else name,
        (*parent.keys, name) if parent is not None else (),
        dependency,
        chart.defaults,
        chart.outside or (parent is not None and parent.outside),
    )
    meant = [(one, found) for one in chart.dependencies if (found := find(chart.charts, one)) is not None]
    for sub in chart.charts:
        if all(found is not sub for _, found in meant):
            made.children.append(_instance(sub, None, made))
    made.children += [_instance(found, one, made) for one, found in meant]
    return made


def _prune(root: Instance, instance: Instance, given: Values) -> None:
    """Take out the sub-charts that a condition or a tag switches off."""
    instance.children = [
        child
        for child in instance.children
        if child.dependency is None or enabled(root, instance, child.dependency, given)
    ]
    for child in instance.children:
        _prune(root, child, given)


def enabled(root: Instance, parent: Instance, dependency: Dependency, given: Values) -> bool:
    """Whether a dependency of `parent` takes part: its condition decides, else its tags."""
    for condition in dependency.condition.split(","):
        keys = (*parent.keys, *condition.strip().split("."))
        found = _value(root, given, keys) if condition.strip() else None
        if isinstance(found, bool):
            return found
    tags = [_value(root, given, ("tags", tag)) for tag in dependency.tags]
    return any(tag is True for tag in tags) or all(tag is not False for tag in tags)


def _value(instance: Instance, given: Mapping[str, Value], keys: tuple[str, ...]) -> Value:
    """What the values will say at `keys`: the user's, else the chart's, else the sub-chart's own."""
    for layer in (given, instance.defaults):
        holder = table(layer, *keys[:-1])
        if holder is not None and holder.get(keys[-1]) is not None:
            return holder[keys[-1]]
    child = next((one for one in instance.children if one.name == keys[0]), None)
    return _value(child, {}, keys[1:]) if child is not None and len(keys) > 1 else None


def _import(instance: Instance) -> None:
    """`import-values`: parts of a sub-chart's values as defaults of its parent."""
    for child in instance.children:
        _import(child)
    wanted = [(child, one) for child in instance.children if child.dependency for one in child.dependency.imports]
    if not wanted:
        return
    current = Values()
    coalesce(instance, current)
    imported = Values()
    for child, one in wanted:
        source, target = (f"exports.{one}", "") if isinstance(one, str) else one
        found = table(current, child.name, *source.split("."))
        if found is not None:
            merging.under(imported, merging.nested(target, found))
    defaults: Values = copy(instance.defaults)
    merging.under(defaults, imported)
    instance.defaults = defaults


def coalesce(instance: Instance, values: dict[str, Value]) -> None:
    """Put the defaults of the instance, and of those below it, under `values`."""
    merging.under(values, instance.defaults)
    for child in instance.children:
        mine = values.get(child.name)
        if not isinstance(mine, dict):
            mine = values[child.name] = Values()
        merging.pass_globals(values, mine)
        coalesce(child, mine)


def metadata(instance: Instance) -> dict[str, Value]:
    """`.Chart`: the fields of Chart.yaml as Go names them."""
    node = instance.chart.node
    made: dict[str, Value] = {f"{key[:1].upper()}{key[1:]}": yamlnodes.plain(child) for key, child in node.items()}
    for key in ("Version", "AppVersion", "Description", "Home", "Icon", "KubeVersion", "Type"):
        made[key] = yamlnodes.text(node, f"{key[0].lower()}{key[1:]}")
    made["APIVersion"] = yamlnodes.text(node, "apiVersion")
    for key in ("Maintainers", "Dependencies"):
        listed = made.get(key) if isinstance(made.get(key), list) else []
        made[key] = [_titled(one) for one in listed or [] if isinstance(one, dict)]
    return {**made, "Name": instance.name, "IsRoot": not instance.keys}


def _titled(entry: Mapping[str, Value]) -> dict[str, Value]:
    return {"URL" if key == "url" else f"{key[:1].upper()}{key[1:]}": value for key, value in entry.items()}


def reader(tree: Repository, folder: str) -> Callable[[str], str]:
    """Reads a file of the chart by its path in it."""

    def read(path: str) -> str:
        source = tree.get(posixpath.join(folder, path))
        return source.text if source is not None else ""

    return read
