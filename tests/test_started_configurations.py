"""Configurations that commands choose otherwise, that say themselves where they stand, or are laid over each other."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.formats.composition import Composition, Run, Words
from mlops_scan.scanner.link.code import starts
from tests.by_hand import at, fact
from tests.conftest import Understand
from tests.test_composed_configurations import composition, read_models


def words(*written: str) -> Words:
    return tuple((one, at("Makefile:2")) for one in written)


def composed() -> Composition:
    return composition(
        conf__config={
            "defaults": [
                "base",
                {"model": "gbm"},
                {"optional local": "dev"},
                "db/mysql",
                {"experiment": None},
                "_self_",
            ],
            "seed": 1,
            "out": "${model.name}-${model.optim.kind}-${db.host}",
        },
        conf__base={"seed": 0, "root": "/srv"},
        conf__model__gbm={"defaults": [{"optim": "adam"}], "name": "gbm"},
        conf__model__xgb={"defaults": [{"optim": "adam"}], "name": "xgb"},
        conf__model__optim__adam={"kind": "adam"},
        conf__model__optim__sgd={"kind": "sgd"},
        conf__db__mysql={"host": "h"},
        conf__experiment__big={
            "@package": "_global_",
            "defaults": [{"override /model": "xgb"}, {"override /model/optim": "sgd"}],
            "seed": 7,
        },
        conf__model__here={"@package": "_group_.inner", "name": "deep"},
    )


@pytest.mark.parametrize(
    ("written", "out", "seed"),
    [
        ((), "gbm-adam-h", 1),
        (("model=xgb",), "xgb-adam-h", 1),
        (("experiment=big",), "xgb-sgd-h", 1),
        (("+experiment=big",), "xgb-sgd-h", 7),
        (("+experiment=big", "model=gbm", "model/optim=adam", "seed=3"), "gbm-adam-h", 3),
        (("++db.host=other", "seed='4'"), "gbm-adam-other", "4"),
        (("model=$MODEL", "seed=$SEED"), None, None),  # nobody knows what it is
        (("~db", "seed=choice(1, 2)"), None, None),
        (("no word", "=", "model", "seed"), "gbm-adam-h", 1),
    ],
)
def test_what_a_command_chooses(written: tuple[str, ...], out: str | None, seed: int | str | None) -> None:
    made, run = composed(), Run(("conf/config.yaml",), words(*written))
    assert [found[0] if found else None for found in (made.read(run, "out"), made.read(run, "seed"))] == [out, seed]


def test_a_file_says_under_which_key_it_stands() -> None:
    made, run = composed(), Run(("conf/config.yaml",), words("model=here"))
    assert made.read(run, "model.inner.name") == ("deep", at("conf/model/here.yaml:1"))
    assert made.read(run, "model.name") is None
    assert made.read(Run(("conf/config.yaml",), words("seed=5")), "seed") == (5, at("Makefile:2"))


def test_of_files_laid_over_each_other_the_last_wins() -> None:
    made = composition(a={"x": 1, "y": "${x}"}, b={"x": 2})
    assert made.read(Run(("a.yaml", "b.yaml")), "y") == (2, at("a.yaml:1"))
    assert made.read(Run(("b.yaml", "a.yaml")), "y") == (1, at("a.yaml:1"))


def test_files_that_choose_many_end_soon() -> None:
    names = [f"f{number}" for number in range(60)]
    made = composition(**{name: {"defaults": names} for name in names})
    assert made.read("f0.yaml", "gone") is None


def test_the_runs_that_commands_start() -> None:
    def command(raw: str, path: str = "Makefile:2", **says: object) -> object:
        return fact("command", raw.split()[0], path, argv=raw.split(), **says)

    facts = [
        command("python src/train.py model=xgb,gbm seed=1 -m"),
        command("python src/train.py model=xgb seed=1"),
        command("python src/train.py --config-name=base"),
        command("python src/train.py --config-path other"),
        command("python src/train.py seed=9", state="disabled"),
        command("ruff check src/train.py"),
        command("python src/gone.py seed=8"),
    ]
    found = starts.commands(facts, frozenset(("src/train.py",)))  # type: ignore[arg-type]
    made = starts.runs(composed(), "src/train.py", "../conf", "config", found["src/train.py"])
    assert [(run.files[0], *(word for word, _ in run.words)) for run in made] == [
        ("conf/config.yaml", "model=xgb", "seed=1"),
        ("conf/config.yaml", "model=gbm", "seed=1"),
        ("conf/base.yaml",),
    ]
    assert starts.runs(composed(), "src/train.py", "../conf", "config", ()) == (Run(("conf/config.yaml",)),)
    assert starts.runs(composed(), "src/train.py", "../conf", "gone", ()) == ()


CONF = {
    "conf/model/gbm.yaml": "path: gbm.joblib\n",
    "conf/model/xgb.yaml": "path: xgb.joblib\n",
    "conf/config.yaml": "defaults: [{model: gbm}, {experiment: null}]\nout: out\n",
    "conf/prod.yaml": "defaults: [config, _self_]\nmodel: {path: prod.joblib}\n",
    "conf/experiment/big.yaml": "# of the night\n# @package _global_\ndefaults: [{override /model: xgb}]\nout: big\n",
    "train.py": "import hydra, joblib\n@hydra.main(config_path='conf', config_name='config')\ndef main(cfg):\n"
    "    joblib.dump(m, cfg.model.path)\n    save(cfg)\ndef save(cfg):\n    joblib.dump(m, f'{cfg.out}.onnx')\n",
}


@pytest.mark.parametrize(
    ("command", "models"),
    [
        ("python train.py", "gbm.joblib out.onnx"),
        ("python train.py model=xgb", "out.onnx xgb.joblib"),
        ("python train.py --config-name prod", "out.onnx prod.joblib"),
        ("python -m train +experiment=big", "big.onnx xgb.joblib"),
        ("python train.py --multirun model=gbm,xgb out=a,b", "a.onnx b.onnx gbm.joblib xgb.joblib"),
        ("python train.py model.path=s3://b/$X.joblib", "out.onnx"),
        ("python train.py model=$(cat model)", "out.onnx"),
    ],
)
def test_a_program_writes_what_its_commands_choose(understand: Understand, command: str, models: str) -> None:
    found = read_models(understand, {**CONF, "Makefile": f"all:\n\t{command.replace('$', '$$')}\n"})
    assert " ".join(sorted(name for path, name in found if path == "train.py")) == models


def test_each_command_has_its_own(understand: Understand) -> None:
    files = {"a.sh": "python train.py\n", ".github/workflows/t.yml": "on: push\njobs:\n  t:\n    steps:\n    - run: |\n"
             "        python train.py model=xgb\n"}  # fmt: skip
    assert read_models(understand, {**CONF, **files}) == {
        ("train.py", name) for name in ("gbm.joblib", "xgb.joblib", "out.onnx")
    }


def test_a_call_chooses_and_lays_over(understand: Understand) -> None:
    text = (
        "import joblib\nfrom hydra import compose, initialize\nfrom omegaconf import OmegaConf\n"
        "initialize(config_path='conf')\ncfg = compose('config', overrides=['model=xgb'])\n"
        "joblib.load(cfg.model.path)\n"
        "def a():\n    base = OmegaConf.load('base.yaml')\n"
        "    c = OmegaConf.merge(base, OmegaConf.load('over.yaml'), OmegaConf.from_cli())\n"
        "    joblib.load(c.one)\n    joblib.load(c.two)\n"
        "def b():\n    c = OmegaConf.merge(OmegaConf.load('base.yaml'), OmegaConf.load('over.yaml'))\n"
        "    joblib.load(c.three)\n"
    )
    files = {
        "base.yaml": "one: 1a.joblib\ntwo: 2a.joblib\nthree: 3a.joblib\n",
        "over.yaml": "two: 2b.joblib\nthree: 3b.joblib\n",
    }
    found = read_models(understand, {**CONF, **files, "serve.py": text})
    assert {name for path, name in found if path == "serve.py"} == {"xgb.joblib", "1a.joblib", "2b.joblib", "3b.joblib"}
