"""Credentials in the formats of their providers, wherever they stand in a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mlops_scan.scanner.formats.credentials import looks_real


@dataclass(frozen=True, slots=True)
class Credential:
    """A credential in the format of its provider: which kind, where in the bytes, its text."""

    kind: str
    start: int
    value: str


_AWS_SECRET = rb"(?i:_?(?:access_?)?key)[\"']?\s{0,4}[:=]\s{0,4}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
# (what must stand there at all, what is searched for, (kind, what stands before the place where that ends, the pattern
# from there on)). One search serves several formats: a search costs more than all that is done with what it finds, and
# one that begins with a single character and then looks around is as fast as one for a word.
_SEARCHES: tuple[tuple[bytes, bytes, tuple[tuple[str, tuple[bytes, ...], bytes], ...]], ...] = (
    (
        b"",
        rb"_(?=[A-Za-z0-9]{24}|pat_|secret|SECRET)",
        (
            ("github-token", (b"ghp_", b"gho_", b"ghu_", b"ghs_", b"ghr_"), rb"(gh[pousr]_[A-Za-z0-9]{36,})"),
            ("hugging-face-token", (b"hf_",), rb"(hf_[A-Za-z0-9]{30,40})"),
            ("groq-key", (b"gsk_",), rb"(gsk_[A-Za-z0-9]{48,})"),
            ("replicate-token", (b"r8_",), rb"(r8_[A-Za-z0-9]{37})"),
            ("npm-token", (b"npm_",), rb"(npm_[A-Za-z0-9]{36})"),
            ("stripe-key", (b"sk_live_", b"rk_live_"), rb"([sr]k_live_[0-9A-Za-z]{24,})"),
            ("wandb-key", (b"wandb_v1_",), rb"(wandb_v1_[A-Za-z0-9_]{60,90})"),
            ("github-token", (b"github_",), rb"(github_pat_[A-Za-z0-9_]{60,})"),
            ("docker-hub-token", (b"dckr_",), rb"(dckr_pat_[A-Za-z0-9_-]{27,})"),
            ("aws-secret-access-key", (b"ws_",), rb"ws_secret" + _AWS_SECRET),
            ("aws-secret-access-key", (b"WS_",), rb"WS_SECRET" + _AWS_SECRET),
        ),
    ),
    (
        b"",
        rb"-(?:(?<=at-|nt-|sk-|xa-|xb-|xe-|xp-|xr-|xs-|pi-)(?=[A-Za-z0-9][A-Za-z0-9_-]{19})|(?=----BEGIN ))",
        (
            ("gitlab-token", (b"glpat-",), rb"(glpat-[A-Za-z0-9_-]{20,})"),
            ("anthropic-key", (b"sk-ant-",), rb"(sk-ant-[A-Za-z0-9_-]{60,})"),
            (
                "openai-key",
                (b"sk-",),
                rb"(sk-(?:proj|svcacct|admin)-[A-Za-z0-9_-]{40,}|sk-[A-Za-z0-9]{40,60})",
            ),
            (
                "slack-token",
                (b"xoxa-", b"xoxb-", b"xoxe-", b"xoxp-", b"xoxr-", b"xoxs-"),
                rb"(xox\w-[A-Za-z0-9-]{20,})",
            ),
            ("pypi-token", (b"pypi-",), rb"(pypi-AgEIcHlwaS5vcmc[A-Za-z0-9_-]{50,})"),
            (
                "private-key",
                (b"-",),
                rb"-----BEGIN (?:[A-Z]{2,10} )?PRIVATE KEY(?: BLOCK)?-----"
                rb"(?:\\n|[\s\"',\\+]){0,40}([A-Za-z0-9+/=]{40,200})",
            ),
        ),
    ),
    (
        b"",
        rb"A(?=[KSI][Iz][Aa]|ccountKey=)",
        (
            ("aws-access-key-id", (b"A",), rb"((?:AKIA|ASIA)[A-Z2-7]{16})"),
            ("google-api-key", (b"A",), rb"(AIza[0-9A-Za-z_-]{35})"),
            ("azure-storage-key", (b"A",), rb"AccountKey=([A-Za-z0-9+/]{86}==)"),
        ),
    ),
    (
        b"",
        rb"S(?=G\.|ecret)",
        (
            ("sendgrid-key", (b"S",), rb"(SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43})"),
            ("aws-secret-access-key", (b"wsS",), rb"wsSecret" + _AWS_SECRET),
        ),
    ),
    (
        b"slack.com/services/T",
        rb"slack\.com/services/T",
        (("slack-webhook", (b"T",), rb"(T[A-Z0-9]{6,}/B[A-Z0-9]{6,}/[A-Za-z0-9]{20,})"),),
    ),
    (b"", rb"dapi", (("databricks-token", (b"dapi",), rb"(dapi[0-9a-f]{32}(?:-\d)?)"),)),
    (
        b"@",
        rb"://(?=[^\s:/@'\"<>${}]{0,64}:)",
        (
            (
                "database-password",
                (b"://",),
                rb"://[^\s:/@'\"<>${}]{0,64}:([^\s:/@'\"<>${}]{1,128})"
                rb"@(?!localhost|127\.|0\.0\.0\.0|host\.docker)[\w.-]+",
            ),
        ),
    ),
)
_INSIDE_A_TEXT = frozenset(
    ("azure-storage-key", "private-key", "database-password", "slack-webhook", "aws-secret-access-key")
)
_DATABASE = re.compile(
    rb"(?:postgres(?:ql)?|mysql|mariadb|mongodb(?:\+srv)?|rediss?|amqps?|mssql|clickhouse)(?:\+\w+)?\Z"
)
_WORD = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_/+-=")
_COMPILED = tuple(
    (plain, re.compile(search), tuple((kind, prefixes, re.compile(pattern)) for kind, prefixes, pattern in formats))
    for plain, search, formats in _SEARCHES
)


def find(data: bytes) -> Iterator[Credential]:
    """Credentials in the formats of their providers, placeholders left out."""
    for plain, search, formats in _COMPILED:
        for hit in search.finditer(data) if plain in data else ():
            for kind, prefixes, pattern in formats:
                for prefix in prefixes:
                    start = hit.end() - len(prefix)
                    if start >= 0 and data.startswith(prefix, start):
                        yield from _judged(kind, data, pattern.match(data, start))


def _judged(kind: str, data: bytes, match: re.Match[bytes] | None) -> Iterator[Credential]:
    if match is not None and _stands_alone(kind, data, match):
        value = match[1].decode("ascii", errors="replace")
        if looks_real(kind, value):
            # of a key block a reader opens the first line
            yield Credential(kind, match.start(0 if kind == "private-key" else 1), value)


def _stands_alone(kind: str, data: bytes, match: re.Match[bytes]) -> bool:
    """Whether the match is not a stretch of a longer random text (a hash, an encoded image)."""
    if kind == "database-password":
        return _DATABASE.search(data, max(0, match.start() - 30), match.start()) is not None
    if kind in _INSIDE_A_TEXT:
        return True
    before = data[match.start() - 1] if match.start() else 0
    after = data[match.end()] if match.end() < len(data) else 0
    # '=' ends an assignment before a token and pads an encoded text after it
    return (before == ord("=") or before not in _WORD) and (after == ord("=") or after not in _WORD)
