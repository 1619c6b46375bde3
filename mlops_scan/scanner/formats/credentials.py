"""What is a credential and what only looks like one: names of secrets, placeholders, words, entropy."""

from __future__ import annotations

import math
import re
from collections import Counter

_SECRET_NAME = re.compile(
    r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASS|PWD|SECRET|TOKEN|API_?KEY|ACCESS_?KEY|ACCOUNT_?KEY|PRIVATE_?KEY|SECRET_?KEY"
    r"|AUTH_?KEY|ENCRYPTION_?KEY|SIGNING_?KEY|CREDENTIALS?|CONNECTION_?STRING|KEY)(?:[_.-]?\d+)?$",
    re.IGNORECASE,
)
# keys that open nothing, and tokens that are words of a model's vocabulary
_HARMLESS_NAME = re.compile(
    r"(?:^|[_.-])(?:PUBLIC|PARTITION|SORT|PRIMARY|FOREIGN|CACHE|HASH|RANGE|OBJECT|BUCKET|S3|STATE|FEATURE|INDEX|LABEL"
    r"|TARGET|DICT|CONFIG|COLUMN|ROUTING|GROUP|IDEMPOTENCY|JOIN|LOOKUP|METRIC|PAD|EOS|BOS|UNK|SEP|CLS|MASK|STOP|START"
    r"|END|SPECIAL|NEXT|PAGE|CSRF|INSTRUMENTATION|ANNOTATION|TAG|SSH_PUBLIC|KMS)[_.-]?(?:KEY|TOKEN|SECRET)S?$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"\$\{|\$\(|\{\{|%\(|<[^>]*>|^\$|^%[^%]+%$|^@|^ENC\[|^!|^(?:vault|op|env|ssm|secretref|file|arn|projects|azurekeyvault)[:/]"
    r"|^(?:https?|s3|gs|abfss?|wasbs?|file)://|^(?:~|\.{1,2})?/(?:[a-z._-]+(?:/|$))|\.(?:json|pem|txt|ya?ml|key|crt|env|toml|py)$|secretKeyRef",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"change[-_ ]?(?:me|it|this)|example|sample|dummy|place[-_ ]?holder|your[-_ ]?|insert|replace|todo|fixme|redacted"
    r"|removed|x{3,}|\*{3,}|\.{3}|-{5,}|_{4,}|fake|mock|s3cr3t|p[a@]ss?w[o0]rd|passwd|secret|minio|letmein|qwerty|default|not[-_]?"
    r"(?:real|used|needed|required)|none|null|undefined|empty|enter[-_ ]|goes[-_ ]?here|test|demo|foo|localhost"
    r"|0123456|1234567|abcdefg|deadbeef|lorem",
    re.IGNORECASE,
)
# in long random text these come up by chance: there they must stand as words of their own
_LOOSE = re.compile(r"none|null|test|demo|foo|fake|mock|todo|minio|empty", re.IGNORECASE)
# names of which the value is chosen by a person: words make a password, too
_PASSWORD_NAME = re.compile(r"(?:^|[_.-])(?:PASSWORD|PASSWD|PASS|PWD|PASSPHRASE)(?:[_.-]?\d+)?$", re.IGNORECASE)
_NO_PASSWORD = re.compile(
    r"(?:my|the|your|some|db|root|user|admin|super|test|default|dummy|example|sample|fake|demo|secret|passwd|pass"
    r"|p[a@]ssw[o0]rd|postgres|mysql|mongo|redis|minio|mlflow|airflow|guest|letmein|qwerty|change"
    r"|me|it|this|here|x|y|z|abc|foo|bar|insert|replace|none|null|true|false|string|value|key|token|[\d_.!*-])+",
    re.IGNORECASE,
)
_WORDS = re.compile(r"[-_./:@ ]+")
_KEY_OF_A_STORE = re.compile(r"_*[a-z]{2,14}(?:[_.:-][a-z]{2,14}){2,}")  # lower-case words and abbreviations
_VARIABLE = re.compile(r"[A-Z]+(?:_[A-Z]+)+")  # the name of an environment variable
_VOWEL = re.compile(r"[aeiouy]", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-fA-F]+\Z")
_ENTROPY = 3.0  # bits a character; English words and identifiers of this length stay below or fail another test
_SHORT_ENTROPY = 2.5


def names_secret(name: str) -> bool:
    """Whether a variable or key of this name is meant to hold a secret: it ends in password, token, secret, key ..."""
    snake = _snake(name)
    return bool(_SECRET_NAME.search(snake)) and not _HARMLESS_NAME.search(snake)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)


def looks_real(name: str, value: str) -> bool:
    """Whether `value`, written for `name`, is a real credential rather than a placeholder, a reference or a word.

    For a name that ends in `password` a made-up word is one, anything else must look random.
    """
    text = value.strip().strip("'\"")
    if len(text) < 8 or len(text) > 4_000 or re.search(r"\s", text) or _HARMLESS_NAME.search(_snake(name)):
        return False
    if _REFERENCE.search(text) or text.casefold() == name.casefold():
        return False
    if _PASSWORD_NAME.search(_snake(name)) and not _WORDS.search(text):
        return not _NO_PASSWORD.fullmatch(text[:64]) and not _PLACEHOLDER.match(text) and len(set(text)) > 4
    if _is_placeholder(text):
        return False
    if text.isdecimal() or _is_wordy(text):
        return False
    return _is_random(text)


def redact(value: str) -> str:
    """The first characters (at most 4, at most a quarter) and an ellipsis."""
    return value[: min(4, len(value) // 4)] + "…"


def _is_placeholder(text: str) -> bool:
    for match in _PLACEHOLDER.finditer(text):
        word = match[0]
        if len(text) < 24 or not _LOOSE.fullmatch(word) or word in _WORDS.split(text):
            return True
    return len(set(text)) < max(4, min(8, len(text) // 4)) or bool(re.search(r"(.)\1{4}", text))


def _is_wordy(text: str) -> bool:
    """Words and short numbers between separators, or CamelCase: an identifier."""
    pieces = [piece for piece in _WORDS.split(text) if piece]
    if _VARIABLE.fullmatch(text) or _KEY_OF_A_STORE.fullmatch(text):
        return True
    return all(_is_word(piece) for piece in pieces)


def _is_word(piece: str) -> bool:
    if re.fullmatch(r"[vV]?\d{1,4}[a-z]{0,2}", piece):
        return True
    letters = piece.rstrip("0123456789")
    if not letters.isalpha() or len(piece) - len(letters) > 4:
        return False
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", letters)
    # random mixed case falls into many short parts; random letters of one case are longer than a word, or no syllables
    return len(letters) >= 4 * (len(parts) - 1) and all(
        len(part) < (13 if part.isupper() else 18) and (len(part) < 4 or _VOWEL.search(part)) for part in parts
    )


def _is_random(text: str) -> bool:
    bits = entropy(text)
    if len(text) >= 16:
        return bits >= (_SHORT_ENTROPY if _HEX.match(text) else _ENTROPY)
    classes = sum(bool(re.search(kind, text)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return classes >= 3 and bits >= _SHORT_ENTROPY


def entropy(text: str) -> float:
    """Shannon entropy in bits a character."""
    size = len(text)
    return -sum(count / size * math.log2(count / size) for count in Counter(text).values()) if size else 0.0
