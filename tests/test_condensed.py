"""What nodes lead to, with circles, and that many schedules over one chain of imports take linear time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph, purpose_of_schedule
from mlops_scan.scanner.graph.condensed import Condensed
from tests.slowness import in_time

Understand = Callable[[Mapping[str, str]], Graph]


@pytest.mark.parametrize("seed", range(30))
def test_the_same_as_walking_from_each_node(seed: int) -> None:
    draw = random.Random(seed)
    size = draw.randint(1, 14)
    ways = {one: [draw.randrange(size) for _ in range(draw.randint(0, 3))] for one in range(size)}
    known = Condensed(lambda one: 1 << one, lambda one: ways[one])
    for start in draw.sample(range(size), size):
        seen, waiting = {start}, [start]
        while waiting:
            more = [one for one in ways[waiting.pop()] if one not in seen]
            seen.update(more)
            waiting += more
        assert known.of(start) == sum(1 << one for one in seen)


def test_a_long_chain_needs_no_recursion() -> None:
    known = Condensed(lambda one: 1 if one == 0 else 0, lambda one: [one - 1] if one else [])
    assert known.of(100_000) == 1


def test_schedules_of_files_that_import_each_other(understand: Understand) -> None:
    count = 150
    files = {}
    for one in range(count):
        imports = f"from src import t{one + 1}\n" if one < count - 1 else "from sklearn.svm import SVC\n"
        call = f"    t{one + 1}.main()\n" if one < count - 1 else "    SVC().fit([[1]], [1])\n"
        files[f"src/t{one}.py"] = f"{imports}def main():\n{call}if __name__ == '__main__':\n    main()\n"
        files[f".github/workflows/w{one}.yml"] = (
            f"on: {{schedule: [{{cron: '0 3 * * *'}}]}}\njobs: {{a: {{steps: [{{run: python src/t{one}.py}}]}}}}\n"
        )
    graph = understand(files)
    begun = time.process_time()
    assert {purpose_of_schedule(graph, one) for one in graph.facts("schedule")} == {"train"}
    assert in_time(time.process_time() - begun, 2)


def test_what_comes_to_import_a_file(understand: Understand) -> None:
    graph = understand({"a.py": "import b\n", "b.py": "import c\nimport a\n", "c.py": "x = 1\n", "d.py": "import a\n"})
    assert graph.importing(["c.py"]) == {"a.py", "b.py", "c.py", "d.py"}
    assert graph.importing(["d.py"]) == {"d.py"}
    assert graph.closure("b.py", "d.py") == {"a.py", "b.py", "c.py", "d.py"}
