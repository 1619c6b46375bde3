"""Evaluates pipelines: commands, fields, variables and function calls, noting which values they read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_scan.scanner.formats.gotemplate.gotypes import UNKNOWN, truth, type_name
from mlops_scan.scanner.formats.gotemplate.nodes import (
    BoundError,
    Chain,
    Command,
    Constant,
    Dot,
    Function,
    Operand,
    Parens,
    Pipeline,
    TemplateError,
    Value,
    Variable,
)
from mlops_scan.scanner.formats.gotemplate.objects import ApiVersions, FileSet
from mlops_scan.scanner.formats.gotemplate.scope import Scope
from mlops_scan.scanner.formats.gotemplate.struct import Struct
from mlops_scan.scanner.formats.gotemplate.values import Read, Values, size

_ITEMS = 1_000_000
_CHARACTERS_A_STEP = 256
_ITEMS_A_STEP = 32
_SMALL = 1_024  # a text up to this long costs nothing extra
# functions that walk all of a value; what they cost is charged before they are called
_WALKING = frozenset(
    f"{prefix}{name[0].upper() if prefix else name[0]}{name[1:]}"
    for prefix in ("", "must")
    for name in ("deepCopy", "merge", "mergeOverwrite", "deepEqual", "has", "uniq", "without", "toYaml", "toJson")
)
_AS_MAP = "AsMap"  # Helm's own type of values as a plain map
_NO_ARGUMENTS: list[Value] = []


class Expressions:
    """Evaluates pipelines in a scope. `reads` collects every value of a values file that was read since it was cleared.

    `take` charges steps; `include` and `tpl` render other templates.
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., Value]],
        take: Callable[[int], None],
        include: Callable[[Value, Value], Value],
        tpl: Callable[[Value, Value], Value],
    ) -> None:
        self.functions: dict[str, Callable[..., Value]] = {**functions, "include": include, "tpl": tpl}
        self.take = take
        self.reads: list[Read] = []

    def pipeline(self, pipeline: Pipeline, scope: Scope) -> Value:
        """The value of the last command, each given the one before as its last argument."""
        commands = pipeline.commands
        value = self._command(commands[0], scope, None)
        for command in commands[1:]:
            value = self._command(command, scope, [value])
        return value

    def _command(self, command: Command, scope: Scope, piped: list[Value] | None) -> Value:
        head = command[0]
        if type(head) is Function:
            return self._call(head.name, command[1:], scope, piped)
        if type(head) is Chain:
            arguments = [self.operand(one, scope) for one in command[1:]] + (piped or [])
            return self._chain(head, scope, arguments)
        if len(command) > 1 or piped:
            raise TemplateError("can't give argument to non-function")
        return self.operand(head, scope)

    def operand(self, operand: Operand, scope: Scope) -> Value:
        """The value of one operand."""
        kind = type(operand)
        if kind is Chain:
            return self._chain(operand, scope, _NO_ARGUMENTS)  # type: ignore[arg-type]
        if kind is Constant:
            return operand.value  # type: ignore[union-attr]
        if kind is Dot:
            self.reads += scope.reads
            return scope.dot
        if kind is Variable:
            value, reads = scope.get(operand.name)  # type: ignore[union-attr]
            self.reads += reads
            return value
        if kind is Parens:
            return self._parens(operand.pipeline, scope)  # type: ignore[union-attr]
        return self._call(operand.name, (), scope, None)  # type: ignore[union-attr]

    def _parens(self, pipeline: Pipeline, scope: Scope) -> Value:
        start = len(self.reads)
        value = self.pipeline(pipeline, scope)
        for name in pipeline.names:
            (scope.declare if pipeline.declares else scope.assign)(name, value, tuple(self.reads[start:]))
        return value

    def _call(self, name: str, operands: tuple[Operand, ...], scope: Scope, piped: list[Value] | None) -> Value:
        if name == "and" or name == "or":
            return self._logic(name == "and", operands, scope, piped)
        function = self.functions.get(name)
        if function is None:
            raise TemplateError(f"function {name!r} not defined")
        arguments = [self.operand(one, scope) for one in operands]
        if piped is not None:
            arguments += piped
        self._charge(name, arguments)
        try:
            made = function(*arguments)
        except (TemplateError, TypeError, ValueError, AttributeError, LookupError, ArithmeticError):
            if any(one is UNKNOWN for one in arguments):
                return UNKNOWN  # the fault that made it unknown has been told
            raise
        if isinstance(made, (str, list)):
            self._weigh(made)
        return made

    def _charge(self, name: str, arguments: list[Value]) -> None:
        steps = 1
        for one in arguments:
            if isinstance(one, str):
                steps += len(one) // _CHARACTERS_A_STEP if len(one) > _SMALL else 0
            elif isinstance(one, (list, dict)):
                steps += (size(one) if name in _WALKING else len(one)) // _ITEMS_A_STEP
        self.take(steps)

    def _weigh(self, made: str | list[Value]) -> None:
        self.take(len(made) // _CHARACTERS_A_STEP)
        if isinstance(made, list) and len(made) > _ITEMS:
            raise BoundError(f"a list of more than {_ITEMS} items")

    def _logic(self, wants: bool, operands: tuple[Operand, ...], scope: Scope, piped: list[Value] | None) -> Value:
        """`and` stops at the first false value, `or` at the first true one."""
        value: Value = None
        for one in operands:
            value = self.operand(one, scope)
            if truth(value) is not wants:
                return value
        return piped[0] if piped else value

    def _chain(self, chain: Chain, scope: Scope, arguments: list[Value]) -> Value:
        base = chain.base
        value: Value
        if type(base) is Dot:
            value = scope.dot
        elif type(base) is Variable:
            value = scope.get(base.name)[0]
        else:
            value = self.operand(base, scope)
        if value is None:
            return None  # Go lets a field of a lone nil pass; only a nil in the middle of a chain is a fault
        holder: Value = None
        field = ""
        last = len(chain.fields) - 1
        for index, field in enumerate(chain.fields):
            holder = value
            if isinstance(value, dict):
                value = value.get(field)
                if value is None and field == _AS_MAP:
                    value = holder
            else:
                value = self._member(value, field, arguments if index == last else _NO_ARGUMENTS)
        if type(holder) is Values:
            self.reads.append((holder, field))
        return value

    def _member(self, value: Value, field: str, arguments: list[Value]) -> Value:
        if value is UNKNOWN:
            return UNKNOWN
        if value is None:
            raise TemplateError(f"nil pointer evaluating interface {{}}.{field}")
        if isinstance(value, (FileSet, ApiVersions)):
            member = value.members().get(field)
            if member is not None:
                return member(*arguments)
        if isinstance(value, Struct):
            return UNKNOWN
        raise TemplateError(f"can't evaluate field {field} in type {type_name(value)}")
