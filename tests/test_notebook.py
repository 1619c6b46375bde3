"""Notebooks: one module over the cells, every place a line of the raw JSON, magics as commands."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.notebook import NotebookParser
from tests.slowness import in_time


def parse(tmp_path: Path, text: str | bytes, path: str = "nb/a.ipynb") -> list[Fact | Note]:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    source = SourceFile(tmp_path, path, file.stat().st_size)
    assert NotebookParser().reads(source, Tree(tmp_path, [source]))
    return list(NotebookParser().parse(source, Tree(tmp_path, [source])))


def code(*sources: str | list[str]) -> list[dict[str, Any]]:
    return [
        {
            "cell_type": "code",
            "metadata": {"source": ["import no"]},
            "outputs": [{"text": ["import no"]}],
            "source": one,
        }
        for one in sources
    ]


def notebook(cells: list[dict[str, Any]], indent: int | None = 1, **metadata: Any) -> str:
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}, indent=indent)


def facts(found: list[Fact | Note], kind: str) -> list[Fact]:
    return [item for item in found if isinstance(item, Fact) and item.kind == kind]


def notes(found: list[Fact | Note]) -> list[Note]:
    return [item for item in found if isinstance(item, Note)]


@pytest.mark.parametrize("indent", [1, None])
@pytest.mark.parametrize("split", [True, False])
def test_places_are_those_of_the_raw_file(tmp_path: Path, indent: int | None, split: bool) -> None:
    source = 'import joblib\n\nx = "a\\n\\"b"\nmodel = joblib.load("m")\n'
    markdown = [{"cell_type": "markdown", "metadata": {}, "source": ["joblib.load('no')"]}]
    cells = [*markdown, *code(source.splitlines(keepends=True) if split else source, "model.predict(1)")]
    text = notebook(cells, indent)
    found = parse(tmp_path, text)
    lines = text.split("\n")
    for fact, expected in zip(facts(found, "call"), ("joblib.load(", "model.predict("), strict=True):
        assert lines[fact.at.line - 1][fact.at.column - 1 :].startswith(expected)
    assert [(fact.name, fact.get("cell")) for fact in facts(found, "call")] == [
        ("joblib.load", 1),
        ("joblib.load.predict", 2),
    ]
    (imported,) = facts(found, "import")
    assert (imported.name, imported.get("cell")) == ("joblib", 1)
    (module,) = facts(found, "module")
    assert module.name == "nb.a"


def test_magics_become_commands_and_leave_python(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        notebook(
            code(
                [
                    "%matplotlib inline\n",
                    "!pip install -q scikit-learn==1.0 \\\n",
                    "    pandas\n",
                    "%pip install x\n",
                    "files = !ls data\n",
                    "if True:\n",
                    "    !gsutil cp a b\n",
                    "%time m = f()\n",
                    "?f\n",
                    "f??\n",
                    "%run ./train.py --x\n",
                    "y = (a\n",
                    "  % b)\n",
                    "z = '''\n",
                    "!no\n",
                    "'''\n",
                    "x = y %z\n",
                    "import m\n",
                    "pip install -U y\n",
                    'ls "/tmp/x"\n',
                    "m.g()",
                ],
                "%%bash\nset -e\ndvc repro\n",
                "%%time\nm.h()",
                "%%html\n<b>import no</b>",
                "%%writefile src/train.py\nimport torch\ntorch.save(1)",
                "%%writefile Dockerfile\nFROM x",
                "%%bigquery df\nSELECT 1",
            )
        ),
    )
    assert not notes(found)
    assert [fact.get("argv") for fact in facts(found, "command")] == [
        ["pip", "install", "-q", "scikit-learn==1.0", "pandas"],
        ["pip", "install", "x"],
        ["ls", "data"],
        ["gsutil", "cp", "a", "b"],
        ["%run", "./train.py", "--x"],
        ["pip", "install", "-U", "y"],
        ["ls", "/tmp/x"],
        ["set", "-e"],
        ["dvc", "repro"],
    ]
    assert [(fact.name, fact.get("cell"), fact.get("module")) for fact in facts(found, "call")] == [
        ("f", 0, "nb.a"),
        ("m.g", 0, "nb.a"),
        ("m.h", 2, "nb.a"),
        ("torch.save", 4, "nb.src.train"),
    ]


def test_command_lines_are_raw_lines(tmp_path: Path) -> None:
    text = notebook(code(["import m\n", "!pip install x"], ["%%sh\n", "# c\n", "ls"]))
    lines = text.split("\n")
    assert [lines[fact.at.line - 1].strip() for fact in facts(parse(tmp_path, text), "command")] == [
        '"!pip install x"',
        '"ls"',
    ]


def test_a_broken_cell_costs_itself(tmp_path: Path) -> None:
    text = notebook(
        code("import a\nx = )", "import b\nb.f()", "print 'old'\nimport c\nc.f()", "    import d\n    d.f()")
    )
    found = parse(tmp_path, text)
    assert {fact.name for fact in facts(found, "import")} == {"a", "b", "c", "d"}
    assert {fact.name for fact in facts(found, "call")} == {"b.f", "c.f", "d.f"}
    assert len(notes(found)) == 2 and len(facts(found, "module")) == 1


def test_version_three(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "heading", "source": ["x"]},
        {"cell_type": "code", "language": "python", "input": ["import m\n", "m.f()"]},
    ]
    text = json.dumps({"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells}, {"cells": cells}]}, indent=1)
    found = facts(parse(tmp_path, text), "call")
    assert [(fact.name, fact.get("cell")) for fact in found] == [("m.f", 1), ("m.f", 3)]
    assert [text.split("\n")[fact.at.line - 1].strip() for fact in found] == ['"m.f()"'] * 2
    assert found[0].at.line < found[1].at.line


def test_other_languages_give_only_the_module(tmp_path: Path) -> None:
    found = parse(tmp_path, notebook(code("library(caret)"), kernelspec={"language": "R", "name": "ir"}))
    assert [(item.kind, item.get("language")) for item in found if isinstance(item, Fact)] == [("module", "R")]
    assert not notes(found)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('{\n"cells": [', 2),
        ("[]", 1),
        ('{"nbformat": 2}', 1),
        ("[" * 100_000, 1),
        ('{"nbformat": 4, "cells": [{"cell_type": "code", "source": ' + "9" * 5000 + "}]}", 1),
        (b"\x80\x02\x00binary", 1),
    ],
)
def test_what_is_no_notebook_is_a_note(tmp_path: Path, text: str | bytes, line: int) -> None:
    found = parse(tmp_path, text)
    assert [(note.at.line, len(found)) for note in notes(found)] == [(line, 1)]


@pytest.mark.parametrize(
    "cells",
    [
        None,
        {},
        [1, None, [], "x"],
        [{"cell_type": "code"}, {"cell_type": "code", "source": 1}, {"cell_type": "code", "source": [1, None]}],
        [
            {"cell_type": "code", "source": ["%%"]},
            {"cell_type": "code", "source": "!"},
            {"cell_type": "code", "source": "%"},
        ],
    ],
)
def test_odd_cells_raise_nothing(tmp_path: Path, cells: object) -> None:
    found = parse(tmp_path, json.dumps({"nbformat": 4, "cells": cells, "metadata": cells}))
    assert [item.kind for item in found if isinstance(item, Fact)] == ["module"]


def test_minified_notebooks_are_linear(tmp_path: Path) -> None:
    text = notebook(code(*(["import m\n", "m.f()\n"] for _ in range(3000))), indent=None)
    start = time.process_time()
    found = parse(tmp_path, text)
    assert in_time(time.process_time() - start, 20)
    assert len(facts(found, "call")) == 3000
    last = facts(found, "call")[-1]
    assert text[last.at.column - 1 :].startswith("m.f()")


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert parse(tmp_path, "\n") == []
