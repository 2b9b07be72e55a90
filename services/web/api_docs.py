"""The OpenAPI document as people read it: operations by group, the fields of every shape, an example of each call."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services.web.api_examples import Caller, Example, example_of, resolved


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, a field of a body or of a shape; `shapes` are the names of the shapes that it holds."""

    name: str
    type: str
    shapes: tuple[str, ...]
    required: bool
    description: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation may answer with a status."""

    status: str
    description: str
    types: tuple[str, ...]
    shapes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method at one path. `scope` is None where nobody needs to log in."""

    anchor: str
    method: str
    path: str
    title: str
    description: str
    scope: str | None
    parameters: tuple[Field, ...]
    body_types: tuple[str, ...]
    body: tuple[Field, ...]
    body_shapes: tuple[str, ...]
    answers: tuple[Answer, ...]
    example: Example


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape of the document with its fields, or the values that it may have."""

    name: str
    description: str
    fields: tuple[Field, ...]
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The operations under one tag; `slug` names it in an address."""

    name: str
    slug: str
    operations: tuple[Operation, ...]

    def shapes(self, document: Mapping[str, Any]) -> tuple[Shape, ...]:
        """Return the shapes of its bodies and answers with those inside them, by name."""
        names = {name for one in self.operations for name in one.body_shapes}
        names |= {name for one in self.operations for answer in one.answers for name in answer.shapes}
        names |= {name for one in self.operations for field in (*one.parameters, *one.body) for name in field.shapes}
        found: dict[str, Shape] = {}
        waiting = sorted(names)
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = _shape(document, name)
                waiting += [inner for field in found[name].fields for inner in field.shapes]
        return tuple(found[name] for name in sorted(found))


def groups(document: Mapping[str, Any], caller: Caller) -> tuple[Group, ...]:
    """Return the operations of an OpenAPI document in its order, grouped by their first tag."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append(_operation(document, path, method, operation, caller))
    return tuple(Group(tag, tag.replace(" ", "-"), tuple(operations)) for tag, operations in found.items())


def _operation(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], caller: Caller
) -> Operation:
    contents = operation.get("requestBody", {}).get("content", {})
    schema: Mapping[str, Any] = next((content["schema"] for content in contents.values()), {})
    parameters = operation.get("parameters", ())
    is_form = "multipart/form-data" in contents
    return Operation(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"{method}-{path}".lower()).strip("-"),
        method=method.upper(),
        path=path,
        title=operation["summary"],
        description=operation.get("description", ""),
        scope=operation.get("x-scope"),
        parameters=tuple(
            _field(one["name"], one["schema"], one.get("required", False), one["in"], one.get("description", ""))
            for one in parameters
        ),
        body_types=tuple(contents),
        body=tuple(_fields(resolved(document, schema))),
        body_shapes=() if is_form else tuple(_names(schema)),
        answers=tuple(
            Answer(
                status,
                answer["description"],
                tuple(answer.get("content", {})),
                tuple(name for c in answer.get("content", {}).values() for name in _names(c.get("schema", {}))),
            )
            for status, answer in sorted(operation["responses"].items())
        ),
        example=example_of(document, path, method, operation, caller),
    )


def _shape(document: Mapping[str, Any], name: str) -> Shape:
    schema = document["components"]["schemas"][name]
    values = tuple(str(value) for value in schema.get("enum", ()))
    return Shape(name, schema.get("description", ""), tuple(_fields(schema)), values)


def _fields(schema: Mapping[str, Any]) -> Iterator[Field]:
    for name, field in schema.get("properties", {}).items():
        yield _field(name, field, name in schema.get("required", ()))


def _field(name: str, schema: Mapping[str, Any], required: bool, where: str = "", description: str = "") -> Field:
    words = description or schema.get("description", "")
    return Field(name, _type(schema), tuple(dict.fromkeys(_names(schema))), required, words, where)


def _names(schema: Any) -> Iterator[str]:
    """Yield the shapes that a schema refers to."""
    if isinstance(schema, dict):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"].rsplit("/", 1)[-1]
        for inner in schema.values():
            yield from _names(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from _names(inner)


def _type(schema: Mapping[str, Any]) -> str:
    """Say in words what a value may be: `string or null`, `integer, 1 to 1000`, `list of string`."""
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(one) for one in choices))
    if "$ref" in schema:
        return str(schema["$ref"]).rsplit("/", 1)[-1]
    if "const" in schema:
        return json.dumps(schema["const"], ensure_ascii=False)
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    limits = {"minimum": "from {}", "maximum": "to {}", "maxLength": "at most {} characters"}
    said = [words.format(f"{schema[limit]:g}") for limit, words in limits.items() if limit in schema]
    default = [f"default {schema['default']}"] if schema.get("default") not in (None, "", []) else []
    return ", ".join([schema.get("format") or schema.get("type", "any value"), *said, *default])
