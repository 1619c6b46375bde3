"""Names by which models and data are one subject: what would fit anybody's joins nobody."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph.assetnames import data_id, model_id, model_name
from mlops_scan.scanner.graph.handover import model_path
from tests.by_hand import call
from tests.conftest import Understand


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("models/churn.joblib", "churn.joblib"),
        ("churn", "churn"),
        ("models/churn/3", "churn"),
        ("models/churn/latest/", "churn"),
        ("model", "model"),  # the usual name of what a run logs
        ("models\\churn.pkl", "churn.pkl"),
        ("best.pt", "best.pt"),
        *(
            (text, "")
            for text in (".joblib", "models/.joblib", "2", "models/2", "v3", "2.pkl", "models", "/opt/ml/models")
        ),
        *(
            (text, "")
            for text in ("*.pkl", "{x}.joblib", "${name}.pkl", "%s.pkl", "<name>.onnx", "models/*", "clf_*.pkl")
        ),
        *(
            (text, "")
            for text in ("latest", "models/latest", "best", "model/1", "output/checkpoint-500", "", "/", "..")
        ),
        *((text, "") for text in ("__name__.pkl", "_.pkl", "-", "x" * 300)),
    ],
)
def test_the_name_of_a_model(text: str, name: str) -> None:
    assert model_name(text) == name
    assert model_id(text) == (f"model:{name}" if name else "")


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("data/clean.csv", True),
        ("s3://store/clean/*.parquet", True),
        ("raw.users", True),
        *(
            (text, False)
            for text in (".csv", "data/*.csv", "*.csv", "data", "data/1", "s3://*", "${path}/data", "2024/01")
        ),
    ],
)
def test_data_that_a_path_tells(text: str, known: bool) -> None:
    assert data_id(text) == (f"data:{text}" if known else "")


@pytest.mark.parametrize(
    ("parts", "path"),
    [
        (["", ".joblib"], ""),
        (["", "/artifacts/", ".joblib"], ""),
        (["", "/artifacts/m.joblib"], "/artifacts/m.joblib"),
        (["", "churn.joblib"], "churn.joblib"),
        (["", "_churn.joblib"], ""),
        (["models/clf", ""], ""),
        (["models/clf.pkl", ""], ""),
        (["models:/churn/", ""], "churn"),
        (["models:/churn@", ""], "churn"),
        (["models:/", "/Production"], ""),
        (["", "/latest"], ""),
        (["", "/2"], ""),
    ],
)
def test_a_text_with_unknown_parts_names_only_what_is_whole(parts: list[str], path: str) -> None:
    assert model_path(call("joblib.load", "a.py:1", {"expr": "x", "parts": parts})) == path


def links(made: Any) -> set[tuple[str, str, str]]:
    found = (*made.edges("writes"), *made.edges("reads"))
    return {(one.source, one.relation, one.target) for one in found if one.target.startswith("model:")}


def test_strangers_are_not_joined_by_a_suffix_and_a_default_of_the_environment_is_known(understand: Understand) -> None:
    made = understand(
        {
            "settings.py": "import os\nfrom pathlib import Path\nROOT = Path(__file__).parent\n"
            "ENV = os.environ.get('MODEL_NAME', 'envmodel')\nOTHER = os.environ['OTHER']\n",
            "t.py": "import joblib\nfrom settings import ROOT, ENV\n"
            "joblib.dump(m, ROOT / 'artifacts' / f'{ENV}.joblib')\n",
            "s.py": "import joblib\nfrom settings import ROOT, OTHER\n"
            "m = joblib.load(ROOT / 'vendor' / f'{OTHER}.joblib')\n",
            "u.py": "import joblib, settings\nm = joblib.load(f'{settings.ROOT}/artifacts/{settings.ENV}.joblib')\n",
        }
    )
    assert links(made) == {
        ("file:t.py", "writes", "model:envmodel.joblib"),
        ("file:u.py", "reads", "model:envmodel.joblib"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "f'{x}.joblib'",
        "x + '.joblib'",
        "'{}.joblib'.format(x)",
        "'%s.joblib' % x",
        "Path(x).with_suffix('.joblib')",
        "os.path.join('artifacts', f'{x}.joblib')",
        "Path('artifacts') / f'{x}.joblib'",
        "Path(x) / 'artifacts' / f'{x}.joblib'",
        "glob.glob('*.joblib')[0]",
        "'models/*.joblib'",
        "f'models/clf{x}'",
        "'.joblib'",
        "'latest'",
        "f'models/{x}/1'",
    ],
)
def test_a_model_of_which_no_name_is_known_has_no_node(understand: Understand, text: str) -> None:
    made = understand(
        {"t.py": f"import glob, os, joblib\nfrom pathlib import Path\ndef f(m, x):\n    joblib.dump(m, {text})\n"}
    )
    assert links(made) == set()


@pytest.mark.parametrize(
    "code",
    [
        "import torch\nm = torch.load(path, map_location='cpu')\n",
        "import torch\nm = torch.jit.load(path, 'cuda:0')\n",
        "import joblib\nm = joblib.load(path, mmap_mode='r')\n",
        "import joblib\njoblib.dump(m, path, compress='gzip')\n",
        "import pickle\nm = pickle.load(open(path, 'rb'), encoding='latin1')\n",
        "from transformers import AutoModel\nm = AutoModel.from_pretrained(path, revision='main', device_map='auto')\n",
        "from transformers import pipeline\nm = pipeline('text-classification')\n",
        "from transformers import pipeline\nm = pipeline('ner', model=path)\n",
    ],
)
def test_no_other_argument_names_the_model(understand: Understand, code: str) -> None:
    assert links(understand({"a.py": f"import sys\npath = sys.argv[1]\n{code}"})) == set()


@pytest.mark.parametrize(
    ("code", "model"),
    [
        ("from transformers import pipeline\nm = pipeline('ner', model='acme/tagger')\n", "tagger"),
        ("from transformers import pipeline\nm = pipeline('ner', 'acme/tagger')\n", "tagger"),
        ("import torch\nm = torch.load('runs/best.pt', 'cpu')\n", "best.pt"),
        ("import torch\nm = torch.load(map_location='cpu', f='runs/best.pt')\n", "best.pt"),
    ],
)
def test_the_argument_that_says_which_names_it(understand: Understand, code: str, model: str) -> None:
    assert links(understand({"a.py": code})) == {("file:a.py", "reads", f"model:{model}")}
