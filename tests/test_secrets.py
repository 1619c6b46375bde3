"""Credentials: found where they are real, passed over where they are not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.formats.credentials import looks_real, names_secret, redact
from mlops_scan.scanner.model import Fact
from mlops_scan.scanner.parsers.base import Parser
from mlops_scan.scanner.parsers.dotenv import DotEnv
from mlops_scan.scanner.parsers.secrets import Secrets
from tests.slowness import in_time

# put together here so that no scanner takes this file for a leak
BASE = "bK7wQ2xZ9mR4tY6vN1cP8sD3fG5hJ0lA7eU2iO4kW6zX"
HUB = "h" + "f_" + "TmVkRbQxYsLpWzHcJdNfGkAuEoIvBnMqXr"
GIT = "gh" + "p_" + BASE[:36]
AWS = "AK" + "IA" + "Q3EGZ5RT7YUI2OPW"
KEY = "-----BEGIN RSA " + "PRIVATE KEY-----"


def read(root: Path, name: str, text: str | bytes, parser: Parser | None = None) -> list[Fact]:
    (root / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    sources = files.walk(root)
    tree = files.Tree(root, sources)
    one = parser or Secrets()
    return [
        item
        for source in sources
        if source.name == name and one.reads(source, tree)
        for item in one.parse(source, tree)
        if isinstance(item, Fact)
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f'token = "{HUB}"', "hugging-face-token"),
        (f"git clone https://x:{GIT}@github.com/a/b", "github-token"),
        (f"AWS_ACCESS_KEY_ID={AWS}", "aws-access-key-id"),
        (f"aws_secret_access_key = {BASE[:40]}", "aws-secret-access-key"),
        (f"OPENAI_API_KEY=sk-proj-{BASE}", "openai-key"),
        (f"key: sk-ant-api03-{BASE}{BASE[::-1]}", "anthropic-key"),
        (f"key: 'AIza{BASE[:35]}'", "google-api-key"),
        ("url: xoxb-" + "2847593018-" + BASE[:24], "slack-token"),
        (f"DefaultEndpointsProtocol=https;AccountKey={BASE}{BASE[:42]}==;", "azure-storage-key"),
        (f"{KEY}\nMIIEpAIBAAKCAQEA{BASE}\n", "private-key"),
        (f'{{"private_key": "{KEY}\\nMIIEpAIBAAKCAQEA{BASE}\\n"}}', "private-key"),
        ("DSN=postgresql+psycopg2://app:" + "vT7kQz2m" + "Lp@db.acme.io:5432/x", "database-password"),
    ],
)
def test_credentials_are_found_and_never_shown(tmp_path: Path, text: str, kind: str) -> None:
    found = read(tmp_path, "config.txt", f"first\nab {text}\n")
    assert [(fact.name, fact.at.line) for fact in found] == [(kind, 2)]
    shown = str(found[0].says["redacted"])
    assert len(shown) <= 5
    assert found[0].says["how"] == "format"


@pytest.mark.parametrize(
    "text",
    [
        "AKIA" + "IOSFODNN7EXAMPLE",
        "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/" + "bPxRfiCYEXAMPLEKEY",
        "hf_" + "x" * 34,
        "hf_your_token_goes_here_and_nowhere_else",
        "sk-" + "0123456789" * 5,
        "ghp_" + "a" * 36,
        "git_sha = " + GIT.replace("gh", "agh"),
        KEY + "\n...\n",
        KEY + "\nYOUR PRIVATE KEY\n",
        "postgresql://user:password@db:5432/x",
        "postgresql://user:${PASSWORD}@db/x",
        "postgresql://app:vT7kQz2mLp@localhost/x",
        "https://user:vT7kQz2mLpQ9@host/x",
        "self_attention_mask_hf_" + "AbstractPreTrainedModelForSequence",
    ],
)
def test_what_only_looks_like_a_credential_is_none(tmp_path: Path, text: str) -> None:
    assert not read(tmp_path, "config.txt", text)


@pytest.mark.parametrize("name", ["poetry.lock", "package-lock.json", "app.min.js", "data.csv"])
def test_generated_files_are_passed_over(tmp_path: Path, name: str) -> None:
    assert not read(tmp_path, name, HUB)


def test_binary_long_lines_and_encoded_images_are_no_noise(tmp_path: Path) -> None:
    assert not read(tmp_path, "a.bin", b"\0" + HUB.encode())
    assert not read(tmp_path, "b.json", '{"image": "' + "QUJD" * 6000 + f'", "x": "{HUB}"}}')
    assert not read(tmp_path, "c.ipynb", f'{{"image/png": "iVBORw0KGgo{AWS}iVBORw0{HUB}=="}}')


def test_a_large_file_is_quick(tmp_path: Path) -> None:
    text = "-----BEGIN x ://a:b" + "_" * 20 + "sk-AKIA hf_ " + "://u:" + "a" * 120
    started = time.process_time()
    read(tmp_path, "big.txt", (text + "\n") * 6000)
    assert in_time(time.process_time() - started, 20)


@pytest.mark.parametrize(
    ("name", "value", "real"),
    [
        ("API_KEY", BASE[:32], True),
        ("API_KEY", "d1e8a70b5ccab1dc2f56bbf7e99f064a", True),
        ("API_KEY", "changeme", False),
        ("API_KEY", "your-api-key", False),
        ("API_KEY", "<token>", False),
        ("API_KEY", "${{ secrets.KEY }}", False),
        ("API_KEY", "hf-token-secret", False),
        ("API_KEY", "us-east-1", False),
        ("API_KEY", "meta-llama/Llama-2-7b-chat-hf", False),
        ("API_KEY", "/run/secrets/token", False),
        ("API_KEY", "1234567890123456", False),
        ("API_KEY", "xxxxxxxxxxxxxxxx", False),
        ("API_KEY", "LangChainTracingKey", False),
        ("API_KEY", "short1", False),
        ("partition_key", BASE[:32], False),
        ("DB_PASSWORD", "correcthorsebattery", True),
        ("DB_PASSWORD", "password123", False),
        ("DB_PASSWORD", "my-db-password", False),
        ("DB_PASSWORD", "minioadmin", False),
        ("DB_PASSWORD", "x" * 3000 + "!", False),
        ("REFRESH_FAILED_KEY", "_xqpt_mcp_refresh_failed", False),
    ],
)
def test_looks_real(name: str, value: str, real: bool) -> None:
    assert looks_real(name, value) is real


def test_names_and_redaction() -> None:
    secret = ["OPENAI_API_KEY", "openaiApiKey", "db.password", "HF_TOKEN", "AWS_SECRET_ACCESS_KEY"]
    harmless = ["pad_token", "MAX_TOKENS", "SECRET_NAME", "partitionKey", "keypoints", "token_url"]
    assert all(map(names_secret, secret))
    assert not any(map(names_secret, harmless))
    assert (redact("abcdefghijklmnop"), redact("abc")) == ("abcd…", "…")


def test_dotenv(tmp_path: Path) -> None:
    text = '# no\nA=1 # comment\nexport B="two\nlines"\nC=\'x # y\'\r\nD=\n = 3\nE: 4\nF=a#b\nG="open\n'
    found = read(tmp_path, ".env.production", text, DotEnv())
    assert [(fact.name, fact.says["value"], fact.at.line) for fact in found] == [
        ("A", "1", 2),
        ("B", "two\nlines", 3),
        ("C", "x # y", 5),
        ("D", "", 6),
        ("F", "a#b", 9),
        ("G", '"open', 10),
    ]


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("sky.yaml", f"envs:\n  HUB_API_KEY: {BASE[:40]}\n", [2]),
        ("pool.json", f'{{"env": [{{"name": "HUB_TOKEN",\n "value": "{BASE[:40]}"}}]}}', [2]),
        ("pool.yaml", f"env:\n- name: HUB_TOKEN\n  value: '{BASE[:40]}'\n", [3]),
        ("start.sh", f"export HUB_SECRET='{BASE[:40]}'\n", [1]),
        ("start.sh", f"export HUB_SECRET=${{HUB_SECRET:-}}\necho $HUB_SECRET={BASE[:40]}\n", []),
        ("values.yaml", f"HUB_TOKEN: {BASE[:40]}\n", []),
        ("compose.yaml", f"HUB_TOKEN: {BASE[:40]}\n", []),
        ("pool.example.yaml", f"HUB_TOKEN: {BASE[:40]}\n", []),
        ("sealed.yaml", f"apiVersion: v1\nHUB_TOKEN: {BASE[:40]}\n", []),
        ("notes.txt", f"HUB_TOKEN: {BASE[:40]}\n", []),
        ("pool.yaml", f"hub_token: {BASE[:40]}\nPAGE_TOKEN: {BASE[:40]}\nMY_HUB_TOKENS: {BASE[:40]}\n", []),
        ("pool.yaml", "HUB_TOKEN: the-name-of-a-secret-in-a-vault\nHUB_KEY: vault://prices/hub/one/of/them\n", []),
    ],
)
def test_variables_of_any_platform_are_told_by_their_names(
    tmp_path: Path, name: str, text: str, lines: list[int]
) -> None:
    found = read(tmp_path, name, text)
    assert [fact.at.line for fact in found] == lines
    assert all(fact.says["how"] == "name" and fact.name.startswith("HUB_") for fact in found)
