"""The allowance for a busy machine."""

from __future__ import annotations

import pytest

from tests import slowness


def test_an_allowance_grows_with_the_machines_slowness_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slowness, "slowness", lambda: 3.0)
    assert slowness.in_time(1.9, 2.0) and slowness.in_time(5.9, 2.0)
    assert not slowness.in_time(6.1, 2.0)


def test_no_machine_takes_from_the_allowance() -> None:
    assert 1.0 <= slowness.slowness() < 1000
