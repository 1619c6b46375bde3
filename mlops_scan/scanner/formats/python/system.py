"""What code asks of the system around it: programs that it starts, environment variables that it reads or sets."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

from mlops_scan.scanner.formats import shell
from mlops_scan.scanner.formats.python import programs
from mlops_scan.scanner.formats.python.context import Context
from mlops_scan.scanner.formats.python.recorder import Recorder
from mlops_scan.scanner.formats.python.scopes import MISSING

_STARTERS = frozenset(
    (
        *("subprocess.run", "subprocess.call", "subprocess.check_call", "subprocess.check_output", "subprocess.Popen"),
        *("subprocess.getoutput", "subprocess.getstatusoutput", "os.system", "os.popen"),
        *("asyncio.create_subprocess_exec", "asyncio.create_subprocess_shell", "runpy.run_path", "runpy.run_module"),
        *("get_ipython.system", "get_ipython.getoutput", "get_ipython.run_line_magic", "get_ipython.run_cell_magic"),
    )
)
_SHELL_CELLS = frozenset(("bash", "sh"))
_READERS = frozenset(("os.getenv", "os.environ.get", "os.environ.setdefault", "os.environ.pop"))


def _starts(node: ast.Call, name: str, context: Context, recorder: Recorder) -> None:
    """`command` facts of a call that starts a program, and a `wrapper` fact where a parameter tells which."""
    if name.startswith("get_ipython.run_"):
        found = _magic(node, name, context, recorder)
    else:
        given = programs.given(node, name, context, recorder)
        found = (one for way in programs.ways(given, context, recorder) for one in _commands(way, context, recorder))
        if context.function and (says := programs.wrapper(given, context, recorder)):
            recorder.add("wrapper", name, node, says)
    for command in found:
        says = {"argv": list(command.argv), "raw": command.raw, "where": "python", "function": context.function}
        recorder.add("command", command.argv[0], node, says)


def _magic(node: ast.Call, name: str, context: Context, recorder: Recorder) -> Iterator[shell.Command]:
    words = [recorder.values.template(one, context.scope) for one in node.args[:3]]
    if name.endswith("cell_magic"):
        yield from shell.commands(words[-1]) if words and words[0] in _SHELL_CELLS else ()
    else:
        yield from shell.commands(" ".join(words))


def _commands(way: programs.Given, context: Context, recorder: Recorder) -> Iterator[shell.Command]:
    if isinstance(way, list):
        yield from shell.from_argv(_words(way, context, recorder))
    elif way is not None and (text := recorder.values.template(way, context.scope)):
        yield from shell.commands(text)


def _words(nodes: list[ast.expr], context: Context, recorder: Recorder) -> list[str]:
    """The words of an argument list; what is unknown is `{}`. Empty when the program itself is unknown."""
    words = [recorder.values.template(one, context.scope) or "{}" for one in nodes[:100]]
    if nodes and words[0] == "{}":
        program = recorder.resolver.resolve(nodes[0], context.scope).name
        words[0] = "python" if program == "sys.executable" or shell.asks_python(words[1:2]) else "{}"
    return words if words and words[0] != "{}" else []


def _reads(node: ast.Call, name: str, context: Context, recorder: Recorder) -> None:
    """An `env` fact of a call that reads a variable."""
    plain = [recorder.values.const(one, context.scope) for one in node.args[:2]]
    if plain and isinstance(plain[0], str):
        default = plain[1] if len(plain) > 1 and plain[1] is not MISSING else None
        _variable(node, plain[0], default, "read", recorder)


def subscript(node: ast.Subscript, context: Context, recorder: Recorder) -> None:
    """An `env` fact of `os.environ["X"]`, read."""
    key = node.slice.value if isinstance(node.slice, ast.Constant) else None
    if isinstance(key, str) and recorder.resolver.resolve(node.value, context.scope).name == "os.environ":
        _variable(node, key, None, "read", recorder)


def assignment(target: ast.expr, value: ast.expr, context: Context, recorder: Recorder) -> bool:
    """An `env` fact of `os.environ["X"] = value`; False when the target is something else."""
    key = target.slice.value if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant) else None
    if not isinstance(target, ast.Subscript) or not isinstance(key, str):
        return False
    if recorder.resolver.resolve(target.value, context.scope).name != "os.environ":
        return False
    plain = recorder.values.const(value, context.scope)
    _variable(target, key, None if plain is MISSING else plain, "set", recorder)
    return True


def _variable(node: ast.expr, name: str, value: object, access: str, recorder: Recorder) -> None:
    says = recorder.clean({"where": "python", "access": access}, node)
    recorder.put("env", name, recorder.source.at(node), {"value": value, **says})


CALLS: dict[str, Callable[[ast.Call, str, Context, Recorder], None]] = {
    **dict.fromkeys(_STARTERS, _starts),
    **dict.fromkeys(_READERS, _reads),
}
