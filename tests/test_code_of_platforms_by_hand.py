"""What the link makes of code that a platform calls or a configuration fills, on facts given by hand."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.link.code import entered
from mlops_scan.scanner.link.code.index import Code
from mlops_scan.scanner.link.code.readings import Readings
from tests.by_hand import call, fact, modules

TWO = [{"name": "event"}, {"name": "context"}]


@pytest.mark.parametrize(
    ("told", "found"),
    [
        (fact("stage", "0", "one/Dockerfile:1", final=True, cmd=["app.answer"]), ["one/app.py"]),
        (fact("stage", "0", "two/Dockerfile:1", final=True, cmd=["app.answer"]), ["two/app.py"]),
        (fact("stage", "0", "Dockerfile:1", final=True, cmd=["two.app.answer"]), ["two/app.py"]),
        (fact("stage", "0", "Dockerfile:1", final=True, cmd=["app.answer"]), []),  # either
        (fact("stage", "0", "one/Dockerfile:1", final=True, entrypoint=["app.answer"]), []),  # that is a program
        (fact("stage", "0", "one/Dockerfile:1", final=False, cmd=["app.answer"]), []),
        (fact("stage", "0", "one/Dockerfile:1", final=True, cmd=["python", "app.answer"]), []),
        (fact("stage", "0", "one/Dockerfile:1", final=True, cmd=["app.py"]), []),
        (fact("resource", "a", "one/main.tf:1", data={"handler": "app.answer"}), ["one/app.py"]),
        (fact("resource", "a", "main.yaml:1", data={"Properties": {"Handler": "two/app.answer"}}), ["two/app.py"]),
        (fact("resource", "a", "two/main.yaml:1", data={"Properties": {"Handler": "app.answer"}}), ["two/app.py"]),
        (fact("resource", "a", "infra/main.yaml:1", data={"Properties": {"Handler": "app.answer"}}), []),
        (fact("resource", "a", "main.yaml:1", data={"Properties": {"Handler": "other.answer"}}), []),
        (fact("resource", "a", "main.tf:1", data={"entry_point": "start"}), ["main.py"]),
        (fact("resource", "a", "main.tf:1", data={"build_config": [{"entry_point": "start"}]}), ["main.py"]),
        (fact("resource", "a", "main.tf:1", data={"entry_point": "start", "event_trigger": {"bucket": "x"}}), []),
        (fact("resource", "a", "m.tf:1", data={"event_trigger": [{}], "build_config": [{"entry_point": "start"}]}), []),
        (fact("resource", "a", "main.tf:1", data={"handler": {"expr": "var.handler"}}), []),
    ],
)
def test_the_function_that_a_configuration_names(told: Any, found: list[str]) -> None:
    facts = [
        *modules("one/app.py", "two/app.py", "main.py", "other.py"),
        fact("function", "answer", "one/app.py:3", params=TWO),
        fact("function", "answer", "two/app.py:3", params=TWO),
        fact("function", "start", "main.py:1", params=[{"name": "request"}]),
        fact("function", "answer", "main.py:9"),
        fact("function", "answer", "other.py:9", params=[*TWO, {"name": "third"}]),
        told,
    ]
    made = entered.named(facts).values()
    assert [one.at.path for one in made] == found
    assert all(one.get("entry") is True for one in made)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ({"expr": 'config["model"]["name"]', "name": "reader.load"}, "tiny"),
        ({"expr": "config['model']['name']", "name": "reader.load"}, "tiny"),
        ({"expr": 'config.get("model", {}).get("name")', "call": "reader.load.get.get"}, "tiny"),
        ({"expr": "NAME", "name": "reader.load.get.get"}, "tiny"),
        ({"expr": "OTHER", "name": "reader.load.get.get"}, None),
        ({"expr": 'config["name"]', "name": "reader.load"}, None),  # a key of anything
        ({"expr": 'config["rank"]["name"]', "name": "reader.load"}, None),  # two files differ
        ({"expr": 'config["same"]["name"]', "name": "reader.load"}, "big"),
        ({"expr": 'answer["model"]["name"]', "name": "requests.get.json"}, None),
        ({"expr": 'config["model"]', "name": "reader.load"}, None),
    ],
)
def test_keys_of_a_configuration_that_some_function_reads(value: dict[str, Any], known: str | None) -> None:
    entries: dict[str, dict[str, Any]] = {
        "conf/a.yaml": {"model.name": "tiny", "rank.name": "one", "same.name": "big", "model": {"name": "tiny"}},
        "conf/b.yaml": {"rank.name": "two", "same.name": "big"},
    }
    read = {
        path: {name: fact("parameter", name, f"{path}:1", value=given) for name, given in told.items()}
        for path, told in entries.items()
    }
    looked = call("reader.load.get.get", "app.py:2", "name", assigned="NAME", receiver_args=["model", None])
    asks = call("models.Load", "app.py:3")
    found = Readings(Code([*modules("app.py", "reader.py"), looked, asks], ()), read).of(value, asks)
    assert (found[0] if found is not None else None) == known
