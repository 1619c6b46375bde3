"""A configuration that one module reads and others take entries of."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

READS = 'import tomllib\nwith open("params.toml", "rb") as f:\n    P = tomllib.load(f)\n'
ROOTED = (
    "import tomllib\nfrom pathlib import Path\nROOT = Path(__file__).resolve().parents[0]\n"
    'P = tomllib.loads((ROOT / "params.toml").read_text())\n'
)
BY_FUNCTION = (
    "import yaml\ndef load_settings(path='conf/params.yaml'):\n    with open(path) as f:\n"
    "        return yaml.safe_load(f)\nP = load_settings()\n"
)
DUMP = "import joblib\nfrom lightgbm import LGBMClassifier\n{}\njoblib.dump(LGBMClassifier().fit([[1]], [1]), {})\n"
TOML = '[model]\npath = "artifacts/clf.joblib"\ndir = "artifacts"\n'
YAML = "model:\n  path: artifacts/clf.joblib\n"


def written(understand: Understand, files: dict[str, str]) -> list[str]:
    graph = understand({"params.toml": TOML, "conf/params.yaml": YAML, **files})
    return [edge.target for edge in graph.edges() if edge.relation == "writes" and edge.source == "file:train.py"]


@pytest.mark.parametrize(
    ("common", "takes", "value"),
    [
        (READS, "from common import P", 'P["model"]["path"]'),
        (READS, "from common import P", 'P["model"].get("path")'),
        (READS, "from common import P", 'P.get("model").get("path", "x.joblib")'),
        (READS, "import common", "common.P['model']['path']"),
        (READS, "from common import P", "f\"{P['model']['dir']}/clf.joblib\""),
        (READS, "from common import P as settings", 'settings["model"]["path"]'),
        (READS + 'MODEL = P["model"]\n', "from common import MODEL", 'MODEL["path"]'),
        (READS + 'PATH = P["model"]["path"]\n', "from common import PATH", "PATH"),
        (READS + 'PATH = P["model"]["path"]\n', "import common", "common.PATH"),
        (ROOTED, "from common import ROOT, P", 'ROOT / P["model"]["path"]'),
        (ROOTED + 'MODEL = ROOT / P["model"]["path"]\n', "import common", "common.MODEL"),
        (ROOTED + 'MODEL = ROOT / P["model"]["path"]\n', "from common import MODEL", "MODEL"),
        (BY_FUNCTION, "from common import P", 'P["model"]["path"]'),
        (
            'from omegaconf import OmegaConf\ncfg = OmegaConf.load("conf/params.yaml")\n',
            "from common import cfg",
            "cfg.model.path",
        ),
    ],
)
def test_an_entry_of_a_configuration_that_another_module_reads(
    understand: Understand, common: str, takes: str, value: str
) -> None:
    assert written(understand, {"common.py": common, "train.py": DUMP.format(takes, value)}) == ["model:clf.joblib"]


@pytest.mark.parametrize(
    ("common", "takes", "value"),
    [
        (READS, "from common import P", 'P["model"]["gone"]'),
        (READS, "from common import P", 'P["model"]'),
        (READS.replace("params.toml", "gone.toml"), "from common import P", 'P["model"]["path"]'),
        (READS.replace("tomllib.load(f)", "f.name"), "from common import P", 'P["model"]["path"]'),
        (READS, "from other import P", 'P["model"]["path"]'),
    ],
)
def test_what_no_configuration_says_names_no_model(understand: Understand, common: str, takes: str, value: str) -> None:
    assert written(understand, {"common.py": common, "train.py": DUMP.format(takes, value)}) == []


def test_an_entry_tells_where_it_stands(understand: Understand) -> None:
    graph = understand(
        {"params.toml": TOML, "common.py": READS, "train.py": DUMP.format("from common import P", 'P["model"]["path"]')}
    )
    (call,) = (one for one in graph.facts("call") if one.name == "joblib.dump")
    assert (call.get("args")[1]["const"], call.get("args")[1]["told"]) == ("artifacts/clf.joblib", "params.toml:2")
