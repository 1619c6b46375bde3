"""Values of configuration files that name others, in one file and over the files that one composes."""

from __future__ import annotations

import time
from typing import Any

import pytest

from mlops_scan.scanner.formats.composition import Composition
from mlops_scan.scanner.formats.entrytexts import resolve, resolve_option
from mlops_scan.scanner.formats.interpolation import closing
from mlops_scan.scanner.model import Fact
from tests.by_hand import at, fact
from tests.conftest import Understand
from tests.slowness import in_time

ENTRIES = {
    "root": "/srv",
    "out": "${root}/artifacts",
    "n": 3,
    "flag": "a",
    "pick.a": "first",
    "files": ["x.csv", "y.csv"],
    "train": "${defaults_of}",
    "defaults_of.path": "p.joblib",
    "model.name": "gbm",
    "model.file": "${.name}.joblib",
    "model.inner.file": "${..name}.pkl",
    "one": "${two}",
    "two": "${one}",
    "self": "${self}",
    **{f"laugh{level}": f"${{laugh{level + 1}}}" * 20 for level in range(9)},
}


@pytest.mark.parametrize(
    ("key", "text", "expected"),
    [
        ("k", "plain", "plain"),
        ("k", "${out}/m.joblib", "/srv/artifacts/m.joblib"),
        ("k", "${n}", 3),
        ("k", "m${n}.pkl", "m3.pkl"),
        ("k", "${pick.${flag}}", "first"),
        ("k", "${files[1]}", "y.csv"),
        ("k", "${files}", ["x.csv", "y.csv"]),
        ("k", "${train.path}", "p.joblib"),
        ("model.file", "${.name}.joblib", "gbm.joblib"),
        ("model.inner.file", "${..name}.pkl", "gbm.pkl"),
        ("k", "${oc.env:NAME,default}/x", "default/x"),
        ("k", "${oc.env:NAME, 'a b'}", "a b"),
        ("k", "${oc.env:NAME,${out}}", "/srv/artifacts"),
        ("k", "${oc.select:gone,other}", "other"),
        ("k", "${oc.select:root,other}", "/srv"),
        ("k", "${NAME:-models/m.pkl}", "models/m.pkl"),
        ("k", "${NAME-m.pkl}", "m.pkl"),
        ("k", "${NAME:m.pkl}", "m.pkl"),
        ("k", r"a/\${root}", "a/${root}"),
        *(
            ("k", text, None)
            for text in ("${oc.env:NAME}", "${oc.env:NAME,null}", "${hydra:run.dir}/m", "${now:%Y}", "${gone}")
        ),
        *(
            ("k", text, None)
            for text in ("${NAME}", "${NAME:?}", "${one}", "${self}", "${laugh0}", "${root", "${${${", "${files[9]}")
        ),
        *(("k", text, None) for text in ("x${files}", "${..a}${", "${" * 400)),
    ],
)
def test_what_an_entry_comes_to(key: str, text: Any, expected: Any) -> None:
    started = time.process_time()
    assert resolve(text, key, ENTRIES.get) == expected
    assert in_time(time.process_time() - started, 0.5)


OPTIONS = {"DEFAULT.root": "/srv", "m.dir": "%(root)s/models", "m.a": "%(b)s", "m.b": "%(a)s", "x.dir": "${m:dir}/x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("%(dir)s/m.pkl", "/srv/models/m.pkl"),
        ("100%% %(root)s", "100% /srv"),
        ("${dir}/m.pkl", "/srv/models/m.pkl"),
        ("${x:dir}", "/srv/models/x"),
        ("%(a)s", None),
        ("%(gone)s", None),
        ("${gone", None),
        ("m.pkl", "m.pkl"),
    ],
)
def test_what_an_option_of_a_section_comes_to(text: str, expected: str | None) -> None:
    assert resolve_option(text, "m.path", OPTIONS.get) == expected


def test_brackets_close_where_their_own_do() -> None:
    assert [closing("${a${b}c}", 2), closing("${a", 2), closing("${abc}", 2, 3)] == [8, -1, -1]


def composition(**files: dict[str, Any]) -> Composition:
    def entries(path: str, values: dict[str, Any]) -> dict[str, Fact]:
        return {key: fact("parameter", key, f"{path}:1", value=value) for key, value in values.items()}

    paths = {path.replace("__", "/") + ".yaml": values for path, values in files.items()}
    return Composition({path: entries(path, values) for path, values in paths.items()})


def test_what_defaults_choose_and_who_wins() -> None:
    made = composition(
        conf__a={"defaults": [{"model": "gbm"}, {"optional data": None}, {"x": ["one", "two"]}], "model.name": "own"},
        conf__b={"defaults": ["_self_", {"/model@net": "gbm"}, "a"], "net.name": "own", "k": "b"},
        conf__model__gbm={"name": "gbm", "file": "${.name}-${model.name}.pkl"},
        conf__x__one={"first": 1},
        conf__x__two={"first": 2, "second": 2},
    )
    assert made.read("conf/a.yaml", "model.name") == ("own", at("conf/a.yaml:1"))
    assert made.read("conf/a.yaml", "model.file") == ("own-own.pkl", at("conf/model/gbm.yaml:1"))
    assert made.read("conf/b.yaml", "net.name") == ("gbm", at("conf/model/gbm.yaml:1"))
    assert made.read("conf/b.yaml", "k") == ("b", at("conf/b.yaml:1"))
    assert made.read("conf/b.yaml", "x.second") == (2, at("conf/x/two.yaml:1"))
    assert made.read("conf/a.yaml", "data.path") is None
    assert (made.file("conf", "a"), made.ending("conf/model", "gbm"), made.ending("x", "gone")) == (
        "conf/a.yaml",
        "conf/model/gbm.yaml",
        "",
    )


def test_files_that_choose_each_other_end() -> None:
    made = composition(a={"defaults": ["b"] * 20}, b={"defaults": ["a"] * 20})
    assert made.read("a.yaml", "gone") is None


CONF = {
    "conf/config.yaml": "defaults:\n  - model: gbm\n  - _self_\nroot: /srv\nout_dir: ${root}/artifacts\n"
    "model_path: ${out_dir}/${model.name}.joblib\nregistry: {name: churn-clf, stage: Production}\n",
    "conf/model/gbm.yaml": "name: gbm_churn\n",
}


def read_models(understand: Understand, files: dict[str, str]) -> set[tuple[str, str]]:
    made = understand({**CONF, **files})
    return {
        (one.source[5:], one.target[6:])
        for one in (*made.edges("writes"), *made.edges("reads"))
        if one.target.startswith("model:")
    }


def test_a_decorated_function_is_handed_what_the_files_compose(understand: Understand) -> None:
    text = (
        "import hydra, joblib\n@hydra.main(version_base=None, config_path='../conf', config_name='config')\n"
        "def main(cfg):\n    joblib.dump(m, cfg.model_path)\n"
    )
    load = "import joblib\nfrom omegaconf import OmegaConf\ncfg = OmegaConf.load('conf/config.yaml')\n"
    load += "m = joblib.load({})\n"
    files = {"src/train.py": text, "src/a.py": load.format("cfg.out_dir + '/gbm_churn.joblib'")}
    assert read_models(understand, {**files, "src/b.py": load.format("cfg['model_path']")}) == {
        ("src/train.py", "gbm_churn.joblib"),
        ("src/a.py", "gbm_churn.joblib"),
        ("src/b.py", "gbm_churn.joblib"),
    }


@pytest.mark.parametrize(
    "made",
    [
        "with initialize(version_base=None, config_path='../conf'):\n    cfg = compose(config_name='config')\n",
        "initialize('../conf')\ncfg = compose('config')\n",
        "initialize_config_dir(config_dir=str(Path(__file__).parent.parent / 'conf'))\ncfg = compose('config')\n",
        "initialize_config_dir(os.path.abspath('conf'))\ncfg = compose(config_name='config', overrides=[])\n",
        "initialize_config_module('conf')\ncfg = compose('config')\n",
        "def load():\n    with initialize(config_path='../conf'):\n        return compose('config')\ncfg = load()\n",
    ],
)
def test_a_call_composes_what_a_variable_holds(understand: Understand, made: str) -> None:
    begin = "import os, joblib, mlflow\nfrom pathlib import Path\n"
    begin += "from hydra import compose, initialize, initialize_config_dir, initialize_config_module\n"
    use = "a = mlflow.pyfunc.load_model(f'models:/{cfg.registry.name}/{cfg.registry.stage}')\n"
    use += "def predict():\n    return joblib.load(cfg.model_path)\n"
    assert read_models(understand, {"src/serve.py": f"{begin}{made}{use}"}) == {
        ("src/serve.py", "churn-clf"),
        ("src/serve.py", "gbm_churn.joblib"),
    }


def test_a_name_that_holds_something_else_is_not_read(understand: Understand) -> None:
    text = (
        "import joblib\nfrom hydra import compose, initialize\ninitialize(config_path='../conf')\n"
        "cfg = compose(config_name='config')\ndef load(other):\n    return joblib.load(other.model_path)\n"
    )
    assert read_models(understand, {"src/serve.py": text}) == set()


def test_sections_and_options(understand: Understand) -> None:
    files = {
        "settings.ini": "[DEFAULT]\nroot = artifacts\n[model]\nfile = %(root)s/m.joblib\n",
        "a.py": "import configparser, joblib\nc = configparser.ConfigParser()\nc.read('settings.ini')\n"
        "joblib.dump(m, c['model']['file'])\n",
    }
    assert read_models(understand, files) == {("a.py", "m.joblib")}
