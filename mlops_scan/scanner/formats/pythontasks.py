"""Task functions of noxfile.py and tasks.py: what each runs, as words or shell text. The code is never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from mlops_scan.scanner import bounds

_SPLITS = frozenset(("shlex.split", "split"))
_DEPTH = 8
UNKNOWN = "?"  # stands for a part of a text that is not written down


@dataclass(slots=True)
class Task:
    """A decorated function: its names, what runs before it, and its commands with their lines."""

    names: list[str]
    line: int
    needs: list[str] = field(default_factory=list)
    commands: list[tuple[int, str | list[str], bool]] = field(default_factory=list)  # (line, text or words, soft)
    notified: list[tuple[int, str]] = field(default_factory=list)


class Reader:
    """Constants of a module, and the tasks that `decorators` mark."""

    def __init__(self, module: ast.Module, decorators: frozenset[str], runners: frozenset[str]) -> None:
        self.decorators, self.runners = decorators, runners
        self.module = module
        self.values: dict[str, ast.expr] = {}
        for node in ast.walk(module):
            if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                self.values.setdefault(node.targets[0].id, node.value)
            elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
                self.values.setdefault(node.target.id, node.value)

    def tasks(self) -> Iterator[Task]:
        for node in self.module.body:
            if isinstance(node, ast.FunctionDef):
                for decorator in node.decorator_list:
                    call = decorator if isinstance(decorator, ast.Call) else None
                    name = _dotted(call.func if call else decorator)
                    if name in self.decorators:
                        yield self._task(node, call)
                        break

    def _task(self, node: ast.FunctionDef, decorator: ast.Call | None) -> Task:
        task = Task([node.name, node.name.replace("_", "-")], node.lineno)
        for keyword in decorator.keywords if decorator else ():
            if keyword.arg == "name":
                task.names.insert(0, self.text(keyword.value))
            elif keyword.arg == "aliases":
                task.names += self.words(keyword.value)
            elif keyword.arg in ("pre", "requires", "post"):
                task.needs += [one.id for one in getattr(keyword.value, "elts", ()) if isinstance(one, ast.Name)]
                task.needs += [one for one in self.words(keyword.value) if one != UNKNOWN]
        for one in decorator.args if decorator else ():
            task.needs += [one.id] if isinstance(one, ast.Name) else []
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
                self._call(call, call.func.attr, task)
        task.names = list(dict.fromkeys(one for one in task.names if one and UNKNOWN not in one))
        task.needs = list(dict.fromkeys(task.needs))
        task.commands.sort(key=lambda one: one[0])
        return task

    def _call(self, call: ast.Call, name: str, task: Task) -> None:
        if name == "notify" and call.args:
            task.notified.append((call.lineno, self.text(call.args[0])))
        if name not in self.runners or not call.args or len(task.commands) >= bounds.SHELL_COMMANDS:
            return
        soft = any(
            (one.arg == "warn" and getattr(one.value, "value", None) is True) or one.arg == "success_codes"
            for one in call.keywords
        )
        words = [word for argument in call.args for word in self.words(argument)]
        if len(words) == 1 and not isinstance(call.args[0], ast.Starred):
            task.commands.append((call.lineno, words[0], soft))
        elif words:
            task.commands.append((call.lineno, words, soft))

    def words(self, node: ast.expr, depth: int = 0) -> list[str]:
        """The words of an argument: a list or `*list` gives several."""
        if isinstance(node, ast.Starred):
            node = node.value
        if depth > _DEPTH:
            return [UNKNOWN]
        if isinstance(node, ast.Name) and isinstance(self.values.get(node.id), ast.List | ast.Tuple):
            return self.words(self.values[node.id], depth + 1)
        if isinstance(node, ast.List | ast.Tuple):
            return [word for one in node.elts for word in self.words(one, depth + 1)]
        if isinstance(node, ast.BoolOp):  # session.posargs or [...]
            return self.words(node.values[-1], depth + 1)
        if isinstance(node, ast.Call) and _dotted(node.func).rpartition(".")[2] in _SPLITS:
            inner = node.args[0] if node.args else getattr(node.func, "value", node)
            return self.text(inner, depth + 1).split()
        if isinstance(node, ast.Attribute) and node.attr == "posargs":
            return []
        return [self.text(node, depth + 1)]

    def text(self, node: ast.expr, depth: int = 0) -> str:
        """A text with what is known of it; a path built with `/` counts from the file's folder."""
        if depth > _DEPTH:
            return UNKNOWN
        if isinstance(node, ast.Constant):
            return str(node.value)
        if isinstance(node, ast.JoinedStr):
            return "".join(self.text(one, depth + 1) for one in node.values)
        if isinstance(node, ast.FormattedValue):
            return self.text(node.value, depth + 1)
        if isinstance(node, ast.Name) and node.id in self.values:
            return self.text(self.values[node.id], depth + 1)
        if isinstance(node, ast.Name):
            return "./__file__" if node.id == "__file__" else UNKNOWN
        return self._joined(node, depth + 1)

    def _joined(self, node: ast.expr, depth: int) -> str:
        """Sums, paths, calls that hand their argument on."""
        if isinstance(node, ast.BinOp):
            left, right = self.text(node.left, depth), self.text(node.right, depth)
            if isinstance(node.op, ast.Add):
                return left + right
            return f"{left}/{right}".removeprefix("./") if isinstance(node.op, ast.Div) else UNKNOWN
        if isinstance(node, ast.IfExp):
            return self.text(node.body, depth)
        if isinstance(node, ast.Attribute) and node.attr == "parent":
            return re.sub(r"/?[^/]*\Z", "", self.text(node.value, depth)) or "."
        if isinstance(node, ast.Call):
            called = _dotted(node.func).rpartition(".")[2]
            if called in ("str", "Path", "dedent") and node.args:
                return self.text(node.args[0], depth)
            if isinstance(node.func, ast.Attribute) and node.func.attr in ("resolve", "absolute", "as_posix"):
                return self.text(node.func.value, depth)
        return UNKNOWN


def _dotted(node: ast.expr) -> str:
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        parts.append(node.id)
    return ".".join(reversed(parts))
