"""Fixed stand-ins for what is random, secret or depends on the time: the same chart renders to the same bytes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

from mlops_scan.scanner.formats.gotemplate.goprint import show
from mlops_scan.scanner.formats.gotemplate.gotypes import to_int
from mlops_scan.scanner.formats.gotemplate.nodes import BoundError, Value
from mlops_scan.scanner.formats.gotemplate.struct import Struct

_LONGEST = 100_000
_DAY = "2024-01-01"
_SECONDS = "1704067200"
_PEM = "-----BEGIN {0}-----\nc3RhbmQtaW4=\n-----END {0}-----\n"


def _letters(letter: str) -> Callable[[Value], str]:
    def make(count: Value) -> str:
        size = max(to_int(count), 0)
        if size > _LONGEST:
            raise BoundError(f"a random text of more than {_LONGEST} characters")
        return letter * size

    return make


def _certificate(*_: Value) -> Struct:
    return Struct({"Cert": _PEM.format("CERTIFICATE"), "Key": _PEM.format("RSA PRIVATE KEY")})


def _now(*_: Value) -> Struct:
    return Struct({"Year": 2024, "Month": 1, "Day": 1, "Unix": int(_SECONDS)}, f"{_DAY} 00:00:00 +0000 UTC")


def _date(layout: Value, *_: Value) -> str:
    """The day in Go's layout, for the parts that layouts usually have."""
    text = show(layout)
    for part, made in (("2006", "2024"), ("01", "01"), ("02", "01"), ("15", "00"), ("04", "00"), ("05", "00")):
        text = text.replace(part, made)
    return text


STANDINS: Mapping[str, Callable[..., Value]] = {
    "randAlphaNum": _letters("x"),
    "randAlpha": _letters("x"),
    "randAscii": _letters("x"),
    "randNumeric": _letters("1"),
    "randBytes": lambda count: base64.b64encode(_letters("x")(count).encode()).decode(),
    "randInt": lambda low, _: to_int(low),
    "uuidv4": lambda: "00000000-0000-4000-8000-000000000000",
    "htpasswd": lambda user, _: f"{show(user)}:$2a$10$stand-in",
    "bcrypt": lambda _: "$2a$10$stand-in",
    "derivePassword": lambda *_: "stand-in",
    "genPrivateKey": lambda _: _PEM.format("RSA PRIVATE KEY"),
    "genCA": _certificate,
    "genCAWithKey": _certificate,
    "genSelfSignedCert": _certificate,
    "genSelfSignedCertWithKey": _certificate,
    "genSignedCert": _certificate,
    "genSignedCertWithKey": _certificate,
    "buildCustomCert": _certificate,
    "encryptAES": lambda *_: "c3RhbmQtaW4=",
    "decryptAES": lambda *_: "stand-in",
    "now": _now,
    "toDate": _now,
    "mustToDate": _now,
    "date": _date,
    "dateInZone": _date,
    "date_in_zone": _date,
    "htmlDate": lambda *_: _DAY,
    "htmlDateInZone": lambda *_: _DAY,
    "unixEpoch": lambda _: _SECONDS,
    "ago": lambda _: "0s",
    "dateModify": lambda _, day: day,
    "date_modify": lambda _, day: day,
    "mustDateModify": lambda _, day: day,
    "must_date_modify": lambda _, day: day,
    "duration": lambda seconds: f"{to_int(seconds)}s",
    "durationRound": show,
}
