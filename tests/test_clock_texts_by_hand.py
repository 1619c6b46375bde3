"""The time that data of a resource or an expression says, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.link import clocktexts


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"schedule": "0 3 * * *"}, "0 3 * * *"),
        ({"rule": {"schedule_expression": ["rate(1 day)"]}}, "rate(1 day)"),
        ({"recurrence": {"schedule": "0 4 * * *"}}, "0 4 * * *"),
        ({"event_pattern": "x", "enabled": True}, ""),
        ({"schedule": True}, ""),
        ("0 3 * * *", ""),
        ({"a": {"b": {"c": {"d": {"cron": "0 3 * * *"}}}}}, ""),  # too deep to be its own
    ],
)
def test_the_time_in_the_words_of_a_resource(data: Any, said: str) -> None:
    assert clocktexts.cron(data) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [("CronSchedule(cron='0 3 * * *')", "0 3 * * *"), ("0 3 * * *", "0 3 * * *"), ("make('x')", "make('x')")],
)
def test_the_time_inside_a_call(text: str, said: str) -> None:
    assert clocktexts.time(text) == said
