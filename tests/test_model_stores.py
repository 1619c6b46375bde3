# ruff: noqa: E501 - one form to a line
"""Models through stores of objects in every form of their clients, and of projects beside each other."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import streams
from tests.by_hand import call
from tests.conftest import Understand

IMPORTS = (
    "import io, json, pickle, boto3, fsspec, joblib, s3fs\nfrom azure.storage.blob import *\n"
    "from google.cloud import storage\nfrom sklearn.linear_model import Ridge\n"
)
FIT = "m = Ridge().fit([[0.0]], [0.0])\n"
SAVED = "joblib.dump(m, 'out.pkl')\n"
CLIENT, RESOURCE = "boto3.client('s3')", "boto3.resource('s3')"
BLOB = "BlobServiceClient.from_connection_string('x').get_blob_client(%s)"
BOX = "ContainerClient.from_connection_string('x', container_name='box')"
BUCKET = "storage.Client().bucket('box')"

PUT = {
    "a client's file": SAVED + f"{CLIENT}.upload_file('out.pkl', 'box', 'a/it.pkl')",
    "an open file": SAVED + f"with open('out.pkl', 'rb') as f:\n    {CLIENT}.upload_fileobj(f, 'box', 'a/it.pkl')",
    "a buffer": f"b = io.BytesIO()\njoblib.dump(m, b)\n{CLIENT}.upload_fileobj(b, 'box', 'a/it.pkl')",
    "bytes": f"{CLIENT}.put_object(Bucket='box', Key='a/it.pkl', Body=pickle.dumps(m))",
    "an object": f"{RESOURCE}.Object('box', 'a/it.pkl').put(Body=pickle.dumps(m))",
    "a bucket": f"{RESOURCE}.Bucket('box').put_object(Key='a/it.pkl', Body=pickle.dumps(m))",
    "a bucket's file": SAVED + f"{RESOURCE}.Bucket('box').upload_file('out.pkl', 'a/it.pkl')",
    "a container of Azure": f"{BOX}.upload_blob(name='a/it.pkl', data=pickle.dumps(m))",
    "a blob of Google": SAVED + f"with open('out.pkl', 'rb') as f:\n    {BUCKET}.blob('a/it.pkl').upload_from_file(f)",
    "a string of Google": f"{BUCKET}.blob('a/it.pkl').upload_from_string(pickle.dumps(m))",
    "a file system": "with s3fs.S3FileSystem().open('s3://box/a/it.pkl', 'wb') as f:\n    joblib.dump(m, f)",
    "any file system": "with fsspec.open('s3://box/a/it.pkl', 'wb') as f:\n    pickle.dump(m, f)",
    "a file system's file": SAVED + "fs = s3fs.S3FileSystem()\nfs.put('out.pkl', 's3://box/a/it.pkl')",
}
PUT["a blob of Azure"] = (
    SAVED
    + "blob = "
    + BLOB % "container='box', blob='a/it.pkl'"
    + "\nwith open('out.pkl', 'rb') as f:\n    blob.upload_blob(f)"
)
GET = {
    "a client's file": f"{CLIENT}.download_file('box', 'a/it.pkl', '/tmp/in.pkl')\nm = joblib.load('/tmp/in.pkl')",
    "a buffer": f"b = io.BytesIO()\n{CLIENT}.download_fileobj('box', 'a/it.pkl', b)\nm = joblib.load(b)",
    "bytes": f"m = pickle.loads({CLIENT}.get_object(Bucket='box', Key='a/it.pkl')['Body'].read())",
    "an answer": f"found = {CLIENT}.get_object(Bucket='box', Key='a/it.pkl')\nm = pickle.loads(found['Body'].read())",
    "an object": f"m = pickle.loads({RESOURCE}.Object('box', 'a/it.pkl').get()['Body'].read())",
    "a bucket": f"b = io.BytesIO()\n{RESOURCE}.Bucket('box').download_fileobj('a/it.pkl', b)\nm = joblib.load(b)",
    "a blob of Azure": "blob = "
    + BLOB % "'box', 'a/it.pkl'"
    + "\nwith open('/tmp/in.pkl', 'wb') as f:\n    f.write(blob.download_blob().readall())\nm = joblib.load('/tmp/in.pkl')",
    "a container of Azure": f"m = pickle.loads({BOX}.download_blob('a/it.pkl').readall())",
    "bytes of Google": f"m = joblib.load(io.BytesIO({BUCKET}.blob('a/it.pkl').download_as_bytes()))",
    "a file system": "with s3fs.S3FileSystem().open('box/a/it.pkl', 'rb') as f:\n    m = joblib.load(f)",
    "a file system's file": "s3fs.S3FileSystem().get('s3://box/a/it.pkl', '/tmp/in.pkl')\nm = joblib.load('/tmp/in.pkl')",
}


@pytest.mark.parametrize("form", PUT)
def test_what_is_put_under_a_key_is_what_is_taken_from_there(form: str, understand: Understand) -> None:
    fetch = "boto3.client('s3').download_file('box', 'a/it.pkl', '/tmp/in.pkl')\nm = joblib.load('/tmp/in.pkl')\n"
    extra = "" if SAVED in PUT[form] or "dump(m," in PUT[form] else SAVED
    graph: Graph = understand({"fit.py": IMPORTS + FIT + extra + PUT[form] + "\n", "app.py": IMPORTS + fetch})
    assert "model:it.pkl" in {edge.target for edge in graph.links_from("file:fit.py", "writes")}
    assert [edge.target for edge in graph.links_from("file:app.py", "reads") if "model:" in edge.target] == [
        "model:it.pkl"
    ]


@pytest.mark.parametrize("form", GET)
def test_what_is_taken_from_a_key_is_what_was_put_there(form: str, understand: Understand) -> None:
    put = SAVED + "boto3.client('s3').upload_file('out.pkl', 'box', 'a/it.pkl')\n"
    graph: Graph = understand({"fit.py": IMPORTS + FIT + put, "app.py": IMPORTS + GET[form] + "\n"})
    assert [edge.target for edge in graph.links_from("file:app.py", "reads") if "model:" in edge.target] == [
        "model:it.pkl"
    ]
    assert "model:it.pkl" in {edge.target for edge in graph.links_from("file:fit.py", "writes")}


@pytest.mark.parametrize(
    "code",
    [
        f"{CLIENT}.put_object(Bucket='box', Key='a/figures.pkl', Body=pickle.dumps([1]))",
        FIT + SAVED + f"{CLIENT}.put_object(Bucket='box', Key='a/figures.json', Body=json.dumps(m.get_params()))",
        FIT + SAVED + f"{CLIENT}.put_object(Bucket='box', Key='a/figures.json', Body=json.dumps({{'m': 1}}))",
        f"rows = pickle.loads({CLIENT}.get_object(Bucket='box', Key='a/figures.pkl')['Body'].read())",
        f"{CLIENT}.download_file('box', 'a/figures.csv', '/tmp/x.csv')",
    ],
)
def test_other_objects_are_no_models(code: str, understand: Understand) -> None:
    graph: Graph = understand({"fit.py": IMPORTS + code + "\n"})
    assert not [edge for edge in graph.edges("reads", "writes") if edge.target.startswith("model:figures")]


def test_content_of_a_call_by_hand() -> None:
    fetch = call("s.get", "a.py:3", "k", assigned="found")
    inner = call("s.get.read", "a.py:3", assigned="body")
    into = call("open", "a.py:2", "in.pkl", "wb", **{"with": True, "until": 4, "assigned": "f"})
    reading = call("open", "a.py:2", "no.pkl", "rb", **{"with": True, "until": 4, "assigned": "g"})
    other = call("s.get.read", "a.py:9", assigned="far")
    graph = Graph([fetch, inner, into, reading, other], ("a.py",))
    assert streams.results(graph, fetch) == {"@s.get", "=found", "=body", "in.pkl"}
    made = call("lib.open", "b.py:2", "s://k/m.pkl", "rb", assigned="f")
    load = call("joblib.load", "b.py:3", {"expr": "f", "name": "lib.open"})
    assert streams.opened(Graph([made, load], ("b.py",)), load) == "s://k/m.pkl"
    assert streams.opened(Graph([load], ("b.py",)), load) == ""


TRAIN = (
    "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'models/m.pkl')\n"
)
LOAD = "import joblib\nm = joblib.load('models/m.pkl')\n"
PAIR = {"one/train.py": TRAIN, "one/app.py": LOAD, "two/train.py": TRAIN, "two/app.py": LOAD}
LISTS = {"one/requirements.txt": "joblib\n", "two/requirements.txt": "joblib\n"}


@pytest.mark.parametrize(
    "files", [PAIR, PAIR | LISTS, PAIR | {"one/Dockerfile": "FROM a\n", "two/Dockerfile": "FROM a\n"}]
)
def test_projects_beside_each_other_have_a_model_each(files: dict[str, str], understand: Understand) -> None:
    graph: Graph = understand(files)
    for name in ("one", "two"):
        ends = {(edge.source, edge.relation) for edge in graph.links_to(f"model:{name}/models/m.pkl")}
        assert ends == {(f"file:{name}/train.py", "writes"), (f"file:{name}/app.py", "reads")}


@pytest.mark.parametrize(
    "files",
    [
        PAIR | {"requirements.txt": "joblib\n"},  # one project that is started from its root
        {"fit/train.py": TRAIN, "fit/check.py": LOAD, "api/app.py": LOAD},  # who else would write it?
        {"fit/train.py": TRAIN, "tune/train.py": TRAIN, "api/app.py": LOAD},
        {"src/fit/train.py": TRAIN, "src/fit/check.py": LOAD, "src/api/again.py": TRAIN, "src/api/app.py": LOAD},
    ],
)
def test_one_project_has_one_model_of_a_path(files: dict[str, str], understand: Understand) -> None:
    found = {edge.target for edge in understand(files).edges("writes", "reads") if edge.target.startswith("model:")}
    assert found == {"model:m.pkl"}
