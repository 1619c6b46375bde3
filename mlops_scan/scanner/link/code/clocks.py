"""How often code says that something runs: a cron, an interval, a chain of words such as `every(6).hours`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from mlops_scan.scanner.link.code.index import Code, inside, text
from mlops_scan.scanner.model import Fact

# how often, as keywords of calls say it
TIMES = ("cron", "cron_expression", "cron_schedule", "schedule", "interval", "rrule", "schedules")
_UNITS = ("hourly", "daily", "weekly", "monthly")
_FIELDS = ("minute", "minutes", "hour", "hours", "day", "days", "day_of_week", "day_of_month", "week", "weeks", "month")
_SPANS = ("weeks", "days", "hours", "minutes", "seconds")
_CRON = re.compile(r"[\"']((?:[\w*/,?#-]+ +){4,6}[\w*/,?#-]+)[\"']")  # within a call
_EVERY = "every"
_ONE = {"hour": "hourly", "day": "daily", "week": "weekly"}
_ENDS = frozenset(("do", "at", "to", "until", "tag"))


def time_of(call: Fact, value: Any, code: Code) -> str:
    """Cron or interval in a few words: the argument that tells it, else the keywords that do."""
    if chain := _chain(call):
        return _spoken(chain, call, code)
    if (maker := _maker(call, value, code)) is not None:
        return _of_trigger(maker, value)
    return _time(call, value)


def _time(call: Fact, value: Any) -> str:
    kwargs: Mapping[str, Any] = call.get("kwargs") or {}
    if isinstance(value, (list, tuple)):
        value = value[0] if value else None
    told = text(value)
    if inner := _CRON.search(told):
        told = inner[1]
    if told == "interval" and (span := _span(kwargs)):
        return span
    parts = [f"{key}={text(kwargs[key])}" for key in _FIELDS if key in kwargs]
    if told:
        return " ".join([told, *parts]) if parts and isinstance(value, str) else told
    units = [unit for unit in _UNITS if kwargs.get(unit) is True]
    if units or parts:
        return " ".join([*units, *parts])
    args = ", ".join(text(one) for one in call.get("args") or ())
    last = call.name.rpartition(".")[2]
    return f"{last} {args}".strip() if last.islower() and last in (_EVERY, "crontab") else ""


def _span(kwargs: Mapping[str, Any]) -> str:
    """`hours=6` in words."""
    return " ".join(every(kwargs[unit], unit) for unit in _SPANS if unit in kwargs)


def every(count: Any, unit: str) -> str:
    """`6`, `hours` as `every 6 hours`."""
    said = text(count)
    return f"{_EVERY} {unit.removesuffix('s')}" if said == "1" else f"{_EVERY} {said} {unit}"


def _maker(call: Fact, value: Any, code: Code) -> Fact | None:
    """The call that makes the object which tells the time: in the argument itself, or under the name given there."""
    if not isinstance(value, Mapping):
        return None
    name = str(value.get("call") or value.get("name") or "")
    if "rigger" not in name.rpartition(".")[2]:
        return None
    here = [one for one in code.calls(call.at.path) if one.name == name]
    if "call" in value:
        return next((one for one in here if inside(one.at, call.at)), None)
    named = [one for one in here if one.get("assigned") == value.get("expr") and one.at.line <= call.at.line]
    return named[-1] if named else None


def _of_trigger(maker: Fact, value: Mapping[str, Any]) -> str:
    kwargs = maker.get("kwargs") or {}
    if inner := _CRON.search(text(value)) or _CRON.search(" ".join(f"'{one}'" for one in maker.get("args") or ())):
        return inner[1]
    crons = "ron" in maker.name.rpartition(".")[2]
    told = _time(maker, "cron") if crons and kwargs else _span(kwargs)
    return told or text(value)


# -- chains of words


def _chain(call: Fact) -> list[str]:
    """The words behind `every` of a call that hands over a function, or of what a decorator is given."""
    words = call.name.split(".")
    if _EVERY in words[:-1] and words[-1] == "do":
        return words[:-1]
    given = next(iter(call.get("args") or ()), None) if call.get("decorates") else None
    if isinstance(given, Mapping):
        words = str(given.get("call") or given.get("name") or "").split(".")
        return words if _EVERY in words[:-1] else []
    return []


def _spoken(chain: list[str], call: Fact, code: Code) -> str:
    """`every 6 hours`, `02:00 daily`, `every monday`."""
    said = dict(_arguments(chain, call, code))
    after = chain[chain.index(_EVERY) + 1 :]
    unit = next((word for word in after if word not in _ENDS), "")
    count = said.get(_EVERY, "")
    if not count and "at" not in after and "to" not in after:
        count = next((text(one) for one in call.get("receiver_args") or ()), "")
    if "to" in said:
        told = f"{_EVERY} {count} to {said['to']} {unit}"
    elif count in ("", "1"):
        one = unit if unit.endswith("day") else unit.removesuffix("s")
        told = _ONE.get(one, f"{_EVERY} {one}")
    else:
        told = f"{_EVERY} {count} {unit}"
    return f"{said['at']} {told}" if said.get("at") else told


def _arguments(chain: list[str], call: Fact, code: Code) -> Iterator[tuple[str, str]]:
    """(word, first argument) of each call in the chain."""
    names = {".".join(chain[:end]) for end in range(1, len(chain) + 1)}
    start = (call.at.line, call.at.column)
    for one in code.calls(call.at.path):
        args = one.get("args") if one.name in names else None
        if args and ((one.at.line, one.at.column) == start or inside(one.at, call.at)):
            yield one.name.rpartition(".")[2], text(args[0])
