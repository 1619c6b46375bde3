"""Stages of dvc.yaml whose commands and files hold placeholders: params, `vars`, `foreach`, `matrix`."""

from __future__ import annotations

from pathlib import Path

from mlops_scan.scanner.parsers.dvc import Dvc
from tests.conftest import Understand
from tests.test_pipelines import read

PARAMS = "models: [{name: a, file: src/a.py}, {name: b, file: src/b.py}]\nscript: src/one.py\n"
STAGES = """vars:
  - more.yaml:out
  - {data: raw.csv}
stages:
  fit:
    foreach: ${models}
    do:
      cmd: python ${item.file} --out ${out}/${item.name}.joblib
      deps: ["${item.file}", "${data}"]
      outs: ["${out}/${item.name}.joblib"]
  cmp:
    matrix: {m: [a, b], n: "${sizes}"}
    cmd: python src/cmp.py ${item.m}
    deps: ["${out}/${item.m}.joblib"]
  one:
    cmd: python ${script} ${gone}
    deps: ["${models[1].file}", "${gone}/x.csv"]
  keyed:
    foreach: {p: {q: 1}, r: {q: 2}}
    do:
      cmd: python src/cmp.py ${key}
      outs: ["${key}-${item.q}.csv"]
"""


def test_stages_run_and_write_what_their_placeholders_say(understand: Understand) -> None:
    code = {f"src/{name}.py": "print(1)\n" for name in ("a", "b", "one", "cmp")}
    graph = understand(
        {**code, "dvc.yaml": STAGES, "params.yaml": PARAMS, "more.yaml": "out: models\nscript: none.py\nsizes: [1]\n"}
    )
    steps = {one.name: one for one in graph.facts("pipeline-step")}
    assert steps["fit"].get("outs") == ["models/a.joblib", "models/b.joblib"]
    assert steps["fit"].get("deps") == ["src/a.py", "raw.csv", "src/b.py"]
    assert steps["cmp"].get("deps") == ["models/a.joblib", "models/b.joblib"]
    assert steps["one"].get("deps") == ["src/b.py", "${gone}/x.csv"]
    assert steps["keyed"].get("outs") == ["p-1.csv", "r-2.csv"]
    runs = {(edge.source, edge.target) for edge in graph.edges("runs") if edge.source.startswith("step:")}
    assert runs >= {
        ("step:dvc.yaml#fit", "file:src/a.py"),
        ("step:dvc.yaml#fit", "file:src/b.py"),
        ("step:dvc.yaml#cmp", "file:src/cmp.py"),
        ("step:dvc.yaml#one", "file:src/one.py"),
    }


OTHERS = """\
vars: [conf.toml, settings.py, broken.toml, broken.py, gone.py]
stages:
  fit:
    vars: [local.yaml, {name: rf}]
    wdir: src
    cmd: python fit.py ${train.lr} ${N} ${L[1]} ${Cfg.depth} ${name} ${x} ${when} ${made} ${bad}
    outs: ["${name}.joblib"]
  each:
    foreach: [a, b]
    do: {vars: [{kind: k}], cmd: "python ${item}.py ${N} ${kind}"}
  other:
    cmd: python other.py ${name} ${N}
"""


def test_values_of_stages_and_of_files_in_toml_and_python(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": OTHERS,
        "conf.toml": "when = 2024-01-02\n[train]\nlr = 0.1\n",
        "settings.py": "N: int = 5\nL = [1, 2]\nmade = os.getcwd()\nclass Cfg:\n    depth = 3\n    a = b = 1\n",
        "broken.toml": "bad = \n",
        "broken.py": "bad = (\n",
        "src/local.yaml": "x: 9\n",
    }
    facts, notes = read(tmp_path, Dvc(), files)
    assert not notes
    assert [" ".join(one.get("argv")) for one in facts if one.kind == "command"] == [
        "python fit.py 0.1 5 2 3 rf 9 2024-01-02 ${made} ${bad}",
        "python a.py 5 k",
        "python b.py 5 k",
        "python other.py ${name} 5",
    ]
    assert next(one for one in facts if one.name == "fit").get("outs") == ["src/rf.joblib"]


def test_of_many_items_some_are_followed_and_a_note_says_so(tmp_path: Path) -> None:
    text = f"stages:\n  a:\n    foreach: {list(range(3000))}\n    do: {{cmd: 'python t.py ${{item}}'}}\n"
    text += f"  b:\n    matrix: {{x: {list(range(50))}, y: {list(range(50))}}}\n    cmd: python t.py ${{item.y}}\n"
    facts, notes = read(tmp_path, Dvc(), {"dvc.yaml": text})
    assert [note.reason for note in notes] == [
        "'a' has 3000 items: 16 of them are followed",
        "'b' has 2500 items: 16 of them are followed",
    ]
    assert len([one for one in facts if one.kind == "command"]) == 32
