"""Functions on lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mlops_scan.scanner.formats.gotemplate.functions.logic import same
from mlops_scan.scanner.formats.gotemplate.goprint import show, verbose
from mlops_scan.scanner.formats.gotemplate.gotypes import to_int, to_list, truth
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, TemplateError, Value
from mlops_scan.scanner.formats.gotemplate.objects import ApiVersions

_LONGEST = 100_000  # items that one call may make, and comparisons that one may need
_COMPARISONS = 4_000_000


def _count(size: int) -> int:
    if size > _LONGEST:
        raise BoundError(f"a list of more than {_LONGEST} items")
    return size


def _uniq(items: Value) -> list[Value]:
    given = to_list(items)
    if all(isinstance(item, str) for item in given):
        return list(dict.fromkeys(given))
    found: list[Value] = []
    for item in given:
        _affordable(len(found), len(given))
        if not any(same(item, other) for other in found):
            found.append(item)
    return found


def _without(items: Value, *drop: Value) -> list[Value]:
    given = to_list(items)
    _affordable(len(given), len(drop))
    return [item for item in given if not any(same(item, other) for other in drop)]


def _affordable(left: int, right: int) -> None:
    if left * right > _COMPARISONS:
        raise BoundError("lists too long to compare")


def _has(wanted: Value, items: Value) -> bool:
    if isinstance(items, ApiVersions):
        return wanted in items
    return any(same(wanted, item) for item in to_list(items))


def _slice(items: Value, *ends: Value) -> Value:
    given = items if isinstance(items, str) else to_list(items)
    start = to_int(ends[0]) if ends else 0
    end = to_int(ends[1]) if len(ends) > 1 else len(given)
    if not 0 <= start <= end <= len(given):
        raise TemplateError("slice: index out of range")
    return given[start:end]


def _chunk(size: Value, items: Value) -> list[Value]:
    given, width = to_list(items), to_int(size)
    if width <= 0:
        raise TemplateError("chunk: size must be positive")
    return [given[start : start + width] for start in range(0, len(given), width)]


def _until_step(start: Value, stop: Value, step: Value) -> list[Value]:
    first, last, by = to_int(start), to_int(stop), to_int(step)
    if by == 0 or (last < first) != (by < 0):
        return []
    found = range(first, last, by)
    return list(found[: _count(len(found))])


def _until(count: Value) -> list[Value]:
    return _until_step(0, count, 1 if to_int(count) >= 0 else -1)


def _seq(*ends: Value) -> str:
    """`seq` of the shell: last, or first last, or first step last."""
    numbers = [to_int(end) for end in ends]
    if not numbers or len(numbers) > 3:
        return ""
    first = numbers[0] if len(numbers) > 1 else 1
    last = numbers[-1]
    step = numbers[1] if len(numbers) == 3 else 1 if last >= first else -1
    if step == 0:
        return ""
    found = range(first, last + (1 if step > 0 else -1), step)
    _count(len(found))
    return " ".join(map(str, found))


def _join_lists(*lists: Value) -> list[Value]:
    _count(sum(len(to_list(one)) for one in lists))
    return [item for one in lists for item in to_list(one)]


def _first(items: Value) -> Value:
    given = items if isinstance(items, str) else to_list(items)
    return given[0] if given else None


def _last(items: Value) -> Value:
    given = to_list(items)
    return given[-1] if given else None


def _append(items: Value, item: Value) -> list[Value]:
    return [*to_list(items), item]


def _prepend(items: Value, item: Value) -> list[Value]:
    return [item, *to_list(items)]


def _compact(items: Value) -> list[Value]:
    return [item for item in to_list(items) if truth(item)]


def _must(functions: Mapping[str, Callable[..., Value]], *names: str) -> dict[str, Callable[..., Value]]:
    return {f"must{name[0].upper()}{name[1:]}": functions[name] for name in names}


_PLAIN: Mapping[str, Callable[..., Value]] = {
    "list": lambda *items: list(items),
    "tuple": lambda *items: list(items),
    "first": _first,
    "last": _last,
    "rest": lambda items: to_list(items)[1:],
    "initial": lambda items: to_list(items)[:-1],
    "append": _append,
    "push": _append,
    "prepend": _prepend,
    "concat": _join_lists,
    "reverse": lambda items: to_list(items)[::-1],
    "uniq": _uniq,
    "compact": _compact,
    "has": _has,
    "without": _without,
    "sortAlpha": lambda items: sorted(verbose(item) for item in to_list(items)),
    "chunk": _chunk,
    "seq": _seq,
    "until": _until,
    "untilStep": _until_step,
    "slice": _slice,
    "shuffle": lambda text: show(text),
}

LISTS: Mapping[str, Callable[..., Value]] = {
    **_PLAIN,
    **_must(_PLAIN, "first", "last", "rest", "initial", "append", "push", "prepend", "reverse", "uniq", "compact"),
    **_must(_PLAIN, "has", "without", "slice", "chunk"),
}
