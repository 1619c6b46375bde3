"""Python files: what calls are called, what values are known, and what a hostile file may cost."""

from __future__ import annotations

import json
import time
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest

from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats.python import imports, names, newer
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.python import PythonParser
from tests.slowness import in_time


def parse(tmp_path: Path, text: str | bytes, path: str = "src/app/main.py") -> list[Fact | Note]:
    file = tmp_path / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else dedent(text).encode())
    source = SourceFile(tmp_path, path, file.stat().st_size)
    found = list(PythonParser().parse(source, Tree(tmp_path, [source])))
    json.dumps([dict(item.says) for item in found if isinstance(item, Fact)], allow_nan=False)
    return found


def facts(found: list[Fact | Note], kind: str) -> list[Fact]:
    return [item for item in found if isinstance(item, Fact) and item.kind == kind]


def notes(found: list[Fact | Note]) -> list[Note]:
    return [item for item in found if isinstance(item, Note)]


def calls(found: list[Fact | Note]) -> list[str]:
    return [fact.name for fact in facts(found, "call")]


def one(found: list[Fact | Note], name: str) -> Fact:
    (fact,) = [item for item in found if isinstance(item, Fact) and item.name == name and item.kind == "call"]
    return fact


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import numpy as np\nnp.load('x')", ["numpy.load"]),
        ("from sklearn.svm import SVC as S\nS(C=1).fit(X)", ["sklearn.svm.SVC", "sklearn.svm.SVC.fit"]),
        ("from a import B\nm = B()\nm.fit()\nm = m.go()\nm.x()", ["a.B", "a.B.fit", "a.B.go", "a.B.go.x"]),
        ("import a.b.c\na.b.c.f()", ["a.b.c.f"]),
        ("from .x import y\nfrom .. import z\ny()\nz.f()", ["src.app.x.y", "src.z.f"]),
        ("import mlflow\nwith mlflow.start_run() as run:\n  run.log()", ["mlflow.start_run", "mlflow.start_run.log"]),
        ("from m import C\nif (c := C()):\n  c.f()", ["m.C", "m.C.f"]),
        ("from m import C\nasync def f():\n  c = await C()\n  await c.g()", ["m.C", "m.C.g"]),
        ("from m import A, B\nx = A() if flag else B()\nx.f()", ["m.A", "m.B", "m.A.f"]),
        ("from m import A\na, b = A(), 1\na.f()", ["m.A", "m.A.f"]),
        ("from fastai.vision.all import *\ncnn_learner(x)", ["fastai.vision.all.cnn_learner"]),
        ("from m import A\nx = [A().f() for A in things]", ["A", "A.f"]),
        ("from m import A\ng = lambda A: A.f()", ["A.f"]),
        ("import x\nx.Y()['k'][0].f()", ["x.Y", "x.Y.f"]),
        ("len(str(1)); 'a'.join(b); names.append(1)", []),
    ],
)
def test_names_of_calls(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert sorted(calls(parse(tmp_path, text))) == sorted(expected)


def test_parameters_hide_imports_and_annotations_name_receivers(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        from typing import TYPE_CHECKING, Optional
        from joblib import load
        from sklearn.svm import SVC
        if TYPE_CHECKING:
            from torch import nn
        def a(load): load.run()
        def b(model: "nn.Module", other: Optional[SVC] = None, third: SVC | None = None):
            model.eval(); other.fit(); third.predict()
        """,
    )
    assert calls(found) == ["load.run", "torch.nn.Module.eval", "sklearn.svm.SVC.fit", "sklearn.svm.SVC.predict"]
    assert [fact.name for fact in facts(found, "import")] == ["typing", "joblib", "sklearn.svm"]


def test_attributes_of_self_globals_and_returned_objects(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        import joblib
        from kserve import Model
        from sklearn.svm import SVC
        model = None
        def predict(x):
            return model.predict(x)
        def startup():
            global model
            model = joblib.load("m.pkl")
        def build():
            made = SVC()
            return made
        class Service(Model):
            def __init__(self):
                super().__init__("name")
                self.svc = None
            def predict(self, x):
                self.log(x)
                self.helper()
                return self.svc.predict(x)
            def load(self):
                self.svc = SVC()
            def helper(self): ...
        build().fit()
        Service().svc.score()
        """,
    )
    expected = {
        "joblib.load.predict",
        "kserve.Model.__init__",
        "kserve.Model.log",
        "Service.helper",
        "sklearn.svm.SVC.predict",
        "sklearn.svm.SVC.fit",
        "sklearn.svm.SVC.score",
    }
    assert expected <= set(calls(found))
    assert one(found, "Service.helper").get("local") and one(found, "joblib.load.predict").get("known")
    assert one(found, "joblib.load.predict").get("receiver_args") == ["m.pkl"]


def test_the_receiver_says_how_it_was_made(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        "import boto3\nclient = boto3.client('sagemaker', region_name='x')\nclient.create_endpoint(EndpointName=n)\n",
    )
    call = one(found, "boto3.client.create_endpoint")
    assert call.get("receiver_args") == ["sagemaker"]
    assert call.get("receiver_kwargs") == {"region_name": "x"}
    assert (call.at.line, call.at.column, call.at.end_line) == (3, 1, 3)


def value(tmp_path: Path, text: str) -> Any:
    return one(parse(tmp_path, "import os, m\nfrom pathlib import Path\n" + dedent(text)), "m.f").get("args")[0]


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("X = 'a'\nm.f(X)", "const", "a"),
        ("X = 'a'\nY = X\nm.f(f'{Y}/b')", "const", "a/b"),
        ("X = os.environ.get('V', 'd')\nm.f(X)", "const", "d"),
        ("m.f(os.environ['V'])", "env", "V"),
        ("m.f(os.getenv('V') or 'd')", "const", "d"),
        ("class C:\n    path = 'p'\nm.f(C.path)", "const", "p"),
        ("def g(revision='main'):\n    m.f(revision)", "const", "main"),
        ("m.f(os.path.join('a', 'b'))", "const", "a/b"),
        ("B = Path('a') / 'b'\nm.f(B)", "const", "a/b"),
        ("m.f(root + '/model.pkl')", "parts", ["", "/model.pkl"]),
        ("m.f(f'models/clf{i}')", "parts", ["models/clf", ""]),
        ("m.f(root / 'a' / f'{x}.pkl')", "parts", ["", "/a/", ".pkl"]),
        ("d = 'a'\nd += '/b'\nd += '.pkl'\nm.f(d)", "const", "a/b.pkl"),
        ("d = Path('a')\nd /= 'b.pkl'\nm.f(d)", "const", "a/b.pkl"),
        ("n = 1\nn += 2\nm.f(f'a{n}')", "expr", "f'a{n}'"),
        ("class C:\n    def g(self):\n        self.d = 'a'\n        self.d += 'b'\n        m.f(self.d)", "const", "ab"),
        ("l = ['a']\nl += ['b']\nm.f(l)", "const", ["a", "b"]),
        ("l = ['a']\nl += g()\nm.f(l)", "holds", ["a", {"expr": "g()"}]),
        ("m.f('{}/{name}.pkl'.format('a', name='b'))", "const", "a/b.pkl"),
        ("m.f('{1}-{0}{{}}'.format('a', 'b'))", "const", "b-a{}"),
        ("m.f('{:03d}/{!r}.pkl'.format(1, 'a'))", "parts", ["", "/", ".pkl"]),
        ("m.f('%s/%(b)s%%' % {'b': 'x'})", "parts", ["", "/x%"]),
        ("m.f('%s/%s.pkl' % ('a', 'b'))", "const", "a/b.pkl"),
        ("m.f('{}.pkl'.format(*names))", "parts", ["", ".pkl"]),
        ("m.f('{'.format('a'))", "call", "str.format"),
        ("m.f(f'{\"a\"!r}.pkl')", "parts", ["", ".pkl"]),
        ("m.f(Path('a/b.bin').with_suffix('.pkl'))", "const", "a/b.pkl"),
        ("m.f(Path('a/b.bin').with_name('c.pkl'))", "const", "a/c.pkl"),
        ("m.f(Path('a/b.bin').with_stem('c'))", "const", "a/c.bin"),
        ("m.f(Path('a/b.bin').parent / 'c.pkl')", "const", "a/c.pkl"),
        ("P = Path('a')\nm.f(P.joinpath('b', 'c.pkl'))", "const", "a/b/c.pkl"),
        ("m.f(f\"{Path('a/b.bin').stem}.pkl\")", "const", "b.pkl"),
        ("m.f({'prod': 'a.pkl', 'test': 'b.pkl'}['prod'])", "const", "a.pkl"),
        ("P = {'b': 'no', 'a': {'b': 'yes'}}\nm.f(P['a']['b'])", "const", "yes"),
        ("B = 'x'\nP = {'a': f'{B}.pkl'}\nm.f(P['a'])", "const", "x.pkl"),
        ("for n in ('a', 'b'):\n    m.f(f'x/{n}.pkl')", "each", ["x/a.pkl", "x/b.pkl"]),
        ("L = ['a', 'b']\nfor i, n in enumerate(L):\n    m.f(os.path.join('x', n))", "each", ["x/a", "x/b"]),
        ("for n, c in {'a': g(), 'b': g()}.items():\n    p = n + '.pkl'\n    m.f(p)", "each", ["a.pkl", "b.pkl"]),
        ("for n, c in [('a', 1), ('b', 2)]:\n    m.f(Path(n) / 'p')", "each", ["a/p", "b/p"]),
        ("[m.f('%s.pkl' % n) for n in ('a', 'b')]", "each", ["a.pkl", "b.pkl"]),
        ("p = f's3://b/{run}/x'\nm.f(p)", "parts", ["s3://b/", "/x"]),
        ("m.f('a %s b' % x)", "parts", ["a ", " b"]),
        ("P = {'seed': 1}\nm.f(P['seed'])", "const", 1),
        ("m.f(open('model.pkl', 'rb'))", "args", ["model.pkl", "rb"]),
        (
            "import argparse\np = argparse.ArgumentParser()\np.add_argument('-m', '--model-dir', default='d')\n"
            "a = p.parse_args()\nd = a.model_dir\nm.f(d)",
            "const",
            "d",
        ),
        ("import click\n@click.option('--path', default='d')\ndef g(path): m.f(path)", "const", "d"),
        ("import typer\ndef g(path: str = typer.Option('d')): m.f(path)", "const", "d"),
        ("P = {'a': 1, 'b': g()}\nm.f(P)", "holds", {"a": 1, "b": {"expr": "g()", "call": "g"}}),
    ],
)
def test_known_values(tmp_path: Path, text: str, key: str, expected: object) -> None:
    assert value(tmp_path, text)[key] == expected


@pytest.mark.parametrize(
    "text",
    [
        "X = 1\nif a:\n    X = g()\nm.f(X)",  # a constant that a branch may replace
        "def g(x=os.environ.get('V')):\n    m.f(x)",  # the variable's name is no default
        "m.f(1e999)",
        f"m.f({'9' * 30})",
        "X = X + 'a'\nm.f(X)",
    ],
)
def test_nothing_is_guessed(tmp_path: Path, text: str) -> None:
    assert value(tmp_path, text).get("const") is None


def test_keyword_arguments_are_spread_where_they_are_known(tmp_path: Path) -> None:
    found = parse(tmp_path, "import m\nP = {'seed': 1}\nm.f(a=True, **P, **{'b': -2}, **unknown)")
    kwargs = one(found, "m.f").get("kwargs")
    assert kwargs == {"a": True, "seed": 1, "b": -2, "**": {"expr": "unknown", "name": "unknown"}}


def test_the_next_cell_runs_after_one_that_raises(tmp_path: Path) -> None:
    assert calls(parse(tmp_path, "import m\nm.a()\nraise SystemExit\nm.b()")) == ["m.a", "m.b"]


def test_what_never_runs_is_no_fact(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        '''
        """import sklearn
        m.fit()"""
        import m
        if False:
            import torch
            m.a()
        elif 0: m.b()
        else: m.c()
        TEXT = """
        import pandas
        """
        while 0: m.d()
        if not True: m.e()
        if False and m.ready: m.f()
        def after():
            for one in m:
                continue
                m.g()
            return 1
            m.h()
        def other():
            raise ValueError
            m.i()
        ''',
    )
    assert calls(found) == ["m.c"]
    assert [fact.name for fact in facts(found, "import")] == ["m"]


def test_circumstances_of_a_call(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        import m
        app = m.App()
        @app.post("/predict")
        @m.traced
        async def predict(item: m.Item, q=m.Query(1)):
            if app is None:
                for x in item:
                    y = await m.inner(x)
            return m.done(y)
        if "__main__" == __name__:
            m.start()
        """,
    )
    inner = one(found, "m.inner")
    assert inner.get("function") == "predict" and inner.get("loop") and inner.get("awaited")
    assert (
        inner.get("assigned") == "y" and inner.get("chain") == ["if", "for"] and inner.get("guards") == ["app is None"]
    )
    assert one(found, "m.done").get("returned") and one(found, "m.start").get("main")
    assert one(found, "m.App.post").get("decorates") == one(found, "m.traced").get("decorates") == "predict"
    assert [fact.at.line for fact in facts(found, "entry-point")] == [11]
    (function,) = facts(found, "function")
    assert function.get("async") and function.get("end_line") == 10 and not function.get("stub")
    assert [one["name"] for one in function.get("decorators")] == ["m.App.post", "m.traced"]
    assert function.get("params")[0] == {"name": "item", "annotation": "m.Item"}


def test_stubs_classes_and_constants(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        import torch
        from pydantic import BaseModel
        class Item(BaseModel):
            size: float = 1.5
            KIND = "k"
            def todo(self):
                "later"
                raise NotImplementedError
        def seed():
            torch.backends.cudnn.deterministic = True
            local = 1
        """,
    )
    (cls,) = facts(found, "class")
    assert cls.get("bases") == ["pydantic.BaseModel"]
    assert cls.get("fields") == [{"name": "size", "annotation": "float", "default": 1.5}]
    assert [fact.name for fact in facts(found, "function") if fact.get("stub")] == ["Item.todo"]
    constants = {fact.name: fact.get("value") for fact in facts(found, "constant")}
    assert constants == {"Item.size": 1.5, "Item.KIND": "k", "torch.backends.cudnn.deterministic": True}


def test_comparisons_say_what_hangs_on_them(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        import sys, mlflow
        THRESHOLD = 0.8
        def better(a, b):
            return a > b
        def gate(metrics, old, client: mlflow.MlflowClient, dsl):
            if metrics["accuracy"] < THRESHOLD:
                if loud: client.log_text("bad")
                sys.exit(1)
            else:
                mlflow.register_model("m", "n")
            ok = metrics["f1"] >= 0.5
            if not ok: raise ValueError("f1")
            assert better(metrics, old)
            with dsl.Condition(metrics.auc > 0.9):
                client.set_registered_model_alias("m", "a", 1)
            if mode == "train": pass
            if not metrics: raise ValueError
        """,
    )
    by_line = {fact.at.line: fact for fact in facts(found, "comparison")}
    assert sorted(by_line) == [5, 7, 13, 14, 15]
    first = by_line[7]
    assert first.get("ops") == ["<"] and 0.8 in first.get("constants") and 'metrics["accuracy"]' in first.get("names")
    assert first.get("body") == ["mlflow.MlflowClient.log_text", "sys.exit"] and first.get("exits")
    assert first.get("else") == ["mlflow.register_model"]
    assert by_line[13].get("raises") and by_line[14].get("raises") and by_line[14].get("in") == "assert"
    assert by_line[15].get("body") == ["mlflow.MlflowClient.set_registered_model_alias"]


def test_commands_and_variables(tmp_path: Path) -> None:
    found = parse(
        tmp_path,
        """
        import os, subprocess, sys
        os.environ["TRACKING"] = "uri"
        os.system(f"dvc pull {name} && dvc repro")
        subprocess.run([sys.executable, "-m", "train", arg], check=True)
        cmd = ["helm", "upgrade"]
        subprocess.check_call(cmd)
        subprocess.run([unknown, "x"])
        """,
    )
    argv = [fact.get("argv") for fact in facts(found, "command")]
    assert argv == [["dvc", "pull", "{}"], ["dvc", "repro"], ["python", "-m", "train", "{}"], ["helm", "upgrade"]]
    (variable,) = facts(found, "env")
    assert (variable.name, variable.get("value"), variable.get("access")) == ("TRACKING", "uri", "set")


def test_optional_imports(tmp_path: Path) -> None:
    found = parse(tmp_path, "try:\n    import a\nexcept ImportError:\n    a = None\nimport b\na.f()")
    assert {fact.name: fact.get("optional") for fact in facts(found, "import")} == {"a": True, "b": None}
    assert calls(found) == ["a.f"]


def test_tier_zero_reads_every_form() -> None:
    text = (
        b"import a, b.c as d  # e\nfrom ..x import (y as z,\n  w)  # v\n from . import q\nfrom k import *\n'import n'\n"
    )
    found = [(one.line, one.module, one.level, one.names, one.alias) for one in imports.scan(text)]
    assert found == [
        (1, "a", 0, (), ""),
        (1, "b.c", 0, (), "d"),
        (2, "x", 2, ("y", "w"), ""),
        (4, "", 1, ("q",), ""),
        (5, "k", 0, ("*",), ""),
    ]


def test_module_names() -> None:
    assert names.module_of("src/app/__init__.py") == "src.app"
    assert names.absolute("src/app/__init__.py", 1, "x") == "src.app.x"
    assert names.absolute("a.py", 3, "x") == "x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("print 'a', x\nimport joblib\njoblib.dump(m, 'x')\nprint\nraise ValueError, 'x'", "joblib.dump"),
        ("import m\ntry:\n    pass\nexcept IOError, e:\n    m.f(0777, 1L)", "m.f"),
        ("from {{ cookiecutter.package }}.x import f\n{% if a %}\nf()\n{% endif %}", "___cookiecutter_package___.x.f"),
    ],
)
def test_other_dialects_are_read_with_a_note(tmp_path: Path, text: str, expected: str) -> None:
    found = parse(tmp_path, text)
    assert expected in calls(found)
    assert len(notes(found)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "import m\ntype X = int\nm.f()",
        "import m\ndef g[T](x: T) -> T:\n    m.f()",
        "import m\nclass C[T]:\n    x = m.f()",
        "import m\nx = {'a': 1}\ny = f'{x['a']} {m.f()}'",
        "import m\ntry: pass\nexcept A, B:\n    m.f()",
    ],
)
def test_syntax_newer_than_the_interpreter(tmp_path: Path, text: str) -> None:
    found = parse(tmp_path, text)
    assert calls(found) == ["m.f"]
    assert one(found, "m.f").at.line == text[: text.index("m.f")].count("\n") + 1


@pytest.mark.parametrize(
    "text",
    [
        b"import a\n" + b"(" * 5000,
        b"import a\nx = " + b"(" * 3000 + b")" * 3000,
        b"import a\nx = " + b"-" * 100_000 + b"1",
        b"import a\nx = 1" + b"+1" * 20_000,
        b"import a\nx = a" + b".b" * 50_000,
        b"import a\nx = a" + b"()" * 3000,
        b"import a\nx = a" + b".b()" * 3000,
        b"import a\nx = " + b"lambda: " * 3000 + b"1",
        b"import a\n" + b"if x:\n pass\n" + b"elif x > y:\n pass\n" * 4000,
        b"import a\n" + b"".join(b" " * depth + b"if x:\n" for depth in range(300)) + b" " * 300 + b"pass\n",
        b"import a\n" + b"x = x.f()\n" * 20_000,
        b"import a\n" + b"x = x + 'a'\n" * 20_000,
        b"import a\n" + b"x = f'{x}{x}{x}'\n" * 2000,
        b"import a\nclass A(A): pass\nclass B(A): pass\nclass A(B): pass\nA().f()\n",
        b"import a\n" + b"".join(b"def f%d(): return f%d()\n" % (n, n + 1) for n in range(3000)) + b"f0().x()\n",
        b"import a\ndef f[T](x):\n  return " + b"(" * 1500 + b")" * 1500,
        b"import a\ntype X = " + b"-" * 100_000 + b"1",
        b"import a\nx = [" + b"1," * 100_000 + b"]\n",
        b"import a\nx = '" + b"y" * 500_000 + b"'\n",
        b"import a\nx = \xff\xfe\n",
        b"import a\nx = '\0'\n",
        b"# -*- coding: nonsense -*-\nimport a\n",
        b"import a\n\xef\xbb\xbf x\n",
        b"import a\nprint 'x\n",
        b"import a\nx = '\\ud800'\ny(x)\n",
    ],
)
def test_hostile_input_is_bounded(tmp_path: Path, text: bytes) -> None:
    start = time.process_time()
    found = parse(tmp_path, text)
    assert in_time(time.process_time() - start, 20)
    assert [fact.name for fact in facts(found, "import")] == ["a"]
    assert len(facts(found, "module")) == 1


def test_encodings(tmp_path: Path) -> None:
    latin = "# -*- coding: latin-1 -*-\nimport m\nm.f('é', x.y)\n".encode("latin-1")
    assert one(parse(tmp_path, latin), "m.f").get("args") == ["é", {"expr": "x.y", "name": "x.y"}]
    bom = "\ufeffimport m\nm.f('é' + z)".encode()
    call = one(parse(tmp_path, bom), "m.f")
    assert call.get("args")[0]["expr"] == "'é' + z" and call.at.end_column == 13


def test_broken_file_gives_its_line(tmp_path: Path) -> None:
    found = parse(tmp_path, "import m\nx = )\nm.f()")
    (note,) = notes(found)
    assert note.at.line == 2 and "imports" in note.reason
    assert calls(found) == []


def test_the_number_of_facts_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mlops_scan.scanner.bounds.FACTS_PER_FILE", 10)
    found = parse(tmp_path, "import m\n" + "m.f()\n" * 50)
    assert len(calls(found)) == 9 and len(notes(found)) == 1


def test_scripts_without_a_suffix(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("#!/usr/bin/env python3\nimport m\n")
    (tmp_path / "other").write_text("#!/bin/sh\n# python\n")
    tree = Tree(tmp_path, [])
    assert PythonParser().reads(SourceFile(tmp_path, "run"), tree)
    assert not PythonParser().reads(SourceFile(tmp_path, "other"), tree)


def test_magic_comments_of_exported_notebooks(tmp_path: Path) -> None:
    text = (
        "# Databricks notebook source\n# MAGIC %pip install mlflow==2.0\n\n# COMMAND ----------\n"
        "# MAGIC %sh\n# MAGIC ls /tmp\n\n# COMMAND ----------\n# MAGIC %md pip install x\n"
    )
    found = facts(parse(tmp_path, text), "command")
    assert [(fact.get("argv"), fact.at.line) for fact in found] == [
        (["pip", "install", "mlflow==2.0"], 2),
        (["ls", "/tmp"], 6),
    ]


def test_code_of_an_exported_notebook_stands_at_its_cell(tmp_path: Path) -> None:
    text = (
        "# Databricks notebook source\n# MAGIC %md\n# MAGIC m.text()\n\n# COMMAND ----------\n"
        "# MAGIC %run ./setup\n\n# COMMAND ----------\nimport m\nm.fit()\n"
    )
    found = parse(tmp_path, text)
    assert [(fact.name, fact.at.line, fact.get("cell")) for fact in facts(found, "call")] == [("m.fit", 10, 2)]
    assert [(fact.get("argv"), fact.get("cell")) for fact in facts(found, "command")] == [(["%run", "./setup"], 1)]


def test_nothing_unsafe_reaches_the_fallback_parser() -> None:
    assert newer.is_safe(b"x = (1 + 2)\n" * 1000)
    for hostile in (
        b"(" * 1500,
        b"x = 1" + b"+1" * 2000,
        b"x = a" + b".b" * 2000,
        b" " * 200 + b"x\n",
        b"\\\n+1" * 2000,
    ):
        assert not newer.is_safe(hostile)


def test_magics_of_an_exported_notebook_do_not_hide_the_rest(tmp_path: Path) -> None:
    found = parse(tmp_path, "import lightgbm\n%cd $here\nmodel = lightgbm.train({}, None)\n")
    assert calls(found) == ["lightgbm.train"]
    assert not notes(found)


def test_a_condition_is_looked_into_through_its_name(tmp_path: Path) -> None:
    """`wins = (a < b) if lower else (a > b)`, then `if wins:`."""
    text = (
        "def promote(champion_rmse, challenger_rmse, lower):\n"
        "    wins = (challenger_rmse < champion_rmse) if lower else (challenger_rmse > champion_rmse)\n"
        "    if wins:\n"
        "        registry.add_alias('default')\n"
    )
    found = [fact for fact in facts(parse(tmp_path, text), "comparison") if fact.get("in") == "if"]
    assert [(fact.at.line, fact.get("ops"), fact.get("body")) for fact in found] == [
        (3, ["<", ">"], ["registry.add_alias"])
    ]


@pytest.mark.parametrize(
    "text",
    [
        "d = 'a'\nd += x\nm.f(d)",
        "d = 'a'\nfor i in x:\n    d += 'b'\nm.f(d)",
        "d = 'a'\nif x:\n    d += 'b'\nm.f(d)",
        "d = 'a'\ndef g():\n    global d\n    d += x\n    m.f(d)",
        "for n in ('a', x):\n    m.f(n)",
        "for n in range(3):\n    m.f(n)",
        "for n in ('a', 'b'):\n    n += 'c'\n    m.f(n)",
        "P = {'a': 'x', **y}\nm.f(P['a'])",
        "P = {'a': x()}\nm.f(P['a'])",
        "m.f(Path(x).with_suffix('.pkl'))",
        "m.f(Path('..').with_name(''))",
        "m.f('%s' % x)",
        "m.f('a %s %s' % 'b' % 'c')",
    ],
)
def test_what_is_not_known_is_not_told(tmp_path: Path, text: str) -> None:
    assert not value(tmp_path, text).keys() & {"const", "each"}


def test_a_name_of_the_module_to_which_something_is_added_is_no_longer_what_it_was(tmp_path: Path) -> None:
    found = parse(tmp_path, "A = 'a'\nA += '/b'\nB = 'b'\nB += x\nC = ['c']\nC += x\n")
    facts = [fact for fact in found if isinstance(fact, Fact)]
    assert {fact.name: fact.get("value") for fact in facts if fact.kind == "constant"} == {
        "A": {"expr": "A", "const": "a/b"},
        "B": {"expr": "B"},
        "C": ["c"],
    }
