"""The time at which something runs, in the words of what declares it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from mlops_scan.scanner.link.declared import spelled

CLOCK = re.compile(r"schedule|cron|recurrence|frequency", re.IGNORECASE)


def cron(data: Any, depth: int = 0) -> str:
    """The time in a resource's own words: the first text under a key that speaks of one."""
    if not isinstance(data, Mapping) or depth > 3:
        return ""
    for key, value in data.items():
        if CLOCK.search(str(key)):
            value = value[0] if isinstance(value, list) and value else value
            if isinstance(value, (str, int)) and not isinstance(value, bool):
                return str(value)
            if isinstance(value, Mapping):
                inner = [str(one) for one in value.values() if isinstance(one, (str, int))]
                return cron(value, depth + 1) or str(spelled(value)) or " ".join(inner)[:60] or str(key)
    return next((found for value in data.values() if (found := cron(value, depth + 1))), "")


def time(text: str) -> str:
    """The time inside a call that wraps it: `CronSchedule(cron="0 3 * * *")` says `0 3 * * *`."""
    inner = re.search(r"\w\(.*?[\"']([^\"']+)[\"']", text) if CLOCK.search(text.partition("(")[0]) else None
    return inner[1] if inner else text
