"""An example of each call of the API, for curl and for Python; those that only read name what is really there."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

_ASKED = "công văn"
"""What every `q` of an example asks for."""
_FILES = {"text/csv": "queries.csv"}
"""Name of a file that is sent, by its media type; any other is a scan."""
_SCAN = "scan.pdf"
_JSON = "application/json"
_FORM = "multipart/form-data"
_READABLE = ("text/", "application/json", "application/xml", "application/x-ndjson")


@dataclass(frozen=True, slots=True)
class Caller:
    """For whom examples are: the address of the archive, whether a key is needed, values that the caller may see."""

    base: str
    key: bool
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Example:
    """One call. `address` is that of a GET that can be followed as it stands, else None: ids are to be filled in."""

    curl: str
    python: str
    address: str | None


@dataclass(frozen=True, slots=True)
class _Call:
    """What is sent: a JSON `body`, or `files` of a form, or the one file `sent`; `kept` is the file for the answer."""

    method: str
    url: str
    asked: Mapping[str, str]
    headers: Mapping[str, str]
    body: Any = None
    files: tuple[str, ...] = ()
    sent: str = ""
    kept: str = ""

    def curl(self) -> str:
        """Write it as a line for a shell."""
        words = ["curl"]
        by_itself = "POST" if self.files or self.sent or self.body is not None else "GET"
        if self.method != by_itself:
            words += ["-X", self.method]
        for name, value in self.headers.items():
            words += ["-H", f"{name}: {value}"]
        if self.body is not None:
            words += ["-d", json.dumps(self.body, ensure_ascii=False)]
        for field in self.files:
            words += ["-F", f"{field}=@{_SCAN}"]
        if self.sent:
            words += ["--data-binary", f"@{self.sent}"]
        if self.kept:
            words += ["-o", self.kept]
        return shlex.join([*words, self.url + (f"?{urlencode(self.asked)}" if self.asked else "")])

    def python(self) -> str:
        """Write it as a program."""
        parts = [repr(self.method), repr(self.url)]
        if self.asked:
            parts.append(f"params={dict(self.asked)!r}")
        if self.body is not None:
            parts.append(f"json={self.body!r}")
        if self.files:
            files = ", ".join(f"{field!r}: open({_SCAN!r}, 'rb')" for field in self.files)
            parts.append(f"files={{{files}}}")
        if self.sent:
            parts.append(f"content=open({self.sent!r}, 'rb')")
        if self.headers:
            parts.append(f"headers={dict(self.headers)!r}")
        shown = f"open({self.kept!r}, 'wb').write(answer.content)" if self.kept else "print(answer.text)"
        called = ",\n    ".join([", ".join(parts[:2]), *parts[2:]])
        return f"import httpx\n\nanswer = httpx.request(\n    {called},\n)\nanswer.raise_for_status()\n{shown}"


def example_of(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], caller: Caller
) -> Example:
    """Write a call out. What a call that changes something is for stands in capitals: nobody should paste that."""
    values = caller.values if method == "get" else {}
    asked: dict[str, str] = {}
    whole = True
    for one in operation.get("parameters", ()):
        name, needed = one["name"], one.get("required", False)
        value = values.get(name) or next(iter(one["schema"].get("examples", ())), None) if needed else None
        whole = whole and (not needed or value is not None)
        if one["in"] == "path":
            path = path.replace(f"{{{name}}}", quote(str(value or name.upper()), safe=""))
        elif needed:
            asked[name] = str(value or name.upper())
        elif name == "q":
            asked[name] = _ASKED
    call = _Call(
        method.upper(),
        caller.base + path,
        asked,
        _headers(operation, caller),
        kept=_kept_as(path, operation) if method == "get" else "",
        **_body(document, operation),
    )
    query = f"?{urlencode(asked)}" if asked else ""
    return Example(call.curl(), call.python(), path + query if method == "get" and whole else None)


def resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the shape that a schema refers to, or the schema itself."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    found: Mapping[str, Any] = document["components"]["schemas"][name] if name else schema
    return found


def _headers(operation: Mapping[str, Any], caller: Caller) -> dict[str, str]:
    headers = {"Authorization": "Bearer KEY"} if caller.key and "x-scope" in operation else {}
    if any(one["name"] == "if-match" for one in operation.get("parameters", ())):
        headers["If-Match"] = "*"
    media_type = next(iter(operation.get("requestBody", {}).get("content", {})), _FORM)
    return headers if media_type == _FORM else headers | {"Content-Type": media_type}


def _body(document: Mapping[str, Any], operation: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a call sends, by the names of `_Call`."""
    for media_type, content in operation.get("requestBody", {}).get("content", {}).items():
        schema = resolved(document, content["schema"])
        if media_type == _FORM:
            fields = schema["properties"].items()
            return {"files": tuple(name for name, field in fields if "application/octet-stream" in json.dumps(field))}
        if media_type.endswith("json"):
            return {"body": _sample(document, schema)}
        return {"sent": _FILES.get(media_type, _SCAN)}
    return {}


def _kept_as(path: str, operation: Mapping[str, Any]) -> str:
    """Return the name of a file for an answer that is nothing to read on a screen; empty for text."""
    types = operation["responses"]["200"].get("content", {})
    return "" if all(one.startswith(_READABLE) for one in list(types)[:1]) else path.rsplit("/", 1)[-1]


def _sample(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Any:
    """Make a value of a schema from the examples in it: the required fields of a shape, else its first."""
    schema = resolved(document, schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices and "examples" not in schema:
        return _sample(document, choices[0])
    if fields := schema.get("properties"):
        return {name: _sample(document, fields[name]) for name in schema.get("required") or list(fields)[:1]}
    if schema.get("type") == "array" and "examples" not in schema:
        return [_sample(document, schema["items"])]
    known = [*schema.get("examples", ()), *schema.get("enum", ()), schema.get("default"), schema.get("const")]
    plain: dict[str | None, Any] = {"integer": 1, "number": 1, "boolean": True, "object": {}}
    return next((value for value in known if value is not None), plain.get(schema.get("type"), "…"))
