"""The API's description: doors in, an OpenAPI 3.1 document or its page for people out."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

import msgspec

from signaling.api.door import JSON, Door, Nothing
from signaling.auth import MAY, GrantRole
from signaling.problem import PROBLEMS

# That of the addresses, /api/v1: fields and doors may be added to it, nothing is taken away.
VERSION: Final = "1"
PROBLEM: Final = "application/problem+json"
_REF: Final = "#/components/schemas/{name}"
_VARIABLE: Final = re.compile(r"\{(\w+)\}")
# Who a role is, in the page for people; the order is the page's.
ROLES: Final[Mapping[GrantRole, str]] = MappingProxyType(
    {
        "teacher": "teacher",
        "classroom": "classroom",
        "assistant": "assistant",
        "observer": "observer",
        "school_officer": "school officer",
        "bureau_officer": "bureau officer",
        "inspector": "inspector",
        "admin": "admin",
        "program": "program",
        "machine": "command line",
    }
)


class ProblemAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """A refusal (RFC 9457). `code` is stable, `title` a Chinese and `title_en` an English sentence."""

    type: str
    title: str
    title_en: str
    status: int
    code: str
    detail: str


def document(doors: Sequence[Door]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these doors."""
    shapes = _Shapes(doors)
    paths: dict[str, dict[str, Any]] = {}
    for door in doors:
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door, shapes)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Classroom · 城乡同步课堂",
            "version": VERSION,
            "description": "Names are snake_case, instants carry +08:00, lists are never null. "
            "Receivers ignore fields they do not know.",
        },
        "tags": [{"name": tag} for tag in dict.fromkeys(door.tag for door in doors)],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": shapes.components,
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "A link's or a program's token."},
                "session": {"type": "apiKey", "in": "cookie", "name": "classroom_session"},
            },
        },
    }


def page(doors: Sequence[Door]) -> str:
    """The page `docs/api.md`: every door by noun, then the shapes that they take and give."""
    shapes = _Shapes(doors)
    lines = [_HEAD]
    for tag in dict.fromkeys(door.tag for door in doors):
        lines += [f"\n## {tag}\n", "| method and path | who | takes → gives | does |", "|---|---|---|---|"]
        lines += [_row(door, shapes) for door in doors if door.tag == tag]
    lines += ["\n## Problems\n", "| code | status | 中文 | English |", "|---|---|---|---|"]
    lines += [f"| `{code}` | {status} | {zh} | {en} |" for code, (status, zh, en) in sorted(PROBLEMS.items())]
    lines += ["\n## Shapes\n", "A field with `?` may be absent; what follows `=` then holds.\n"]
    for name, schema in sorted(shapes.components.items()):
        lines.append(_shape(name, schema))
    return "\n".join(lines) + "\n"


_HEAD: Final = """# API

Made from the server's own routes by `make docs`; a test compares the two. `GET /api/v1/openapi.json` is the same as an
OpenAPI 3.1 document.

`Authorization: Bearer <token>` with a link's token or a program's, or the cookie of an account's session. Instants
carry `+08:00`, dates are ISO, lists are never null; receivers ignore fields that they do not know. A refusal is
`application/problem+json` with a stable `code`, a Chinese `title` and an English `title_en`.

A list comes a page at a time: `?limit=` (1 to 200) and `?after=`, the `next` of the page before; `next` is null on the
last. `?format=csv` (or `Accept: text/csv`) and `?format=xlsx` give all pages as one table, up to 20 000 rows; from
there on the `Link` header leads. Text in a table is never run as a formula."""


class _Shapes:
    """JSON schemas of all that doors take and give."""

    def __init__(self, doors: Sequence[Door]) -> None:
        wanted: list[Any] = [ProblemAnswer]
        wanted += [door.body for door in doors if door.body is not Nothing]
        wanted += [door.answers for door in doors if door.answers is not None]
        self._wanted = wanted
        found, components = msgspec.json.schema_components(wanted, ref_template=_REF)
        self._found = [_ecma(schema) for schema in found]
        self.components: dict[str, Any] = {_plain(name): _ecma(schema) for name, schema in components.items()}

    def of(self, shape: Any) -> Any:
        """The schema of one of them."""
        return self._found[next(place for place, one in enumerate(self._wanted) if one is shape or one == shape)]


def _plain(name: str) -> str:
    """The name of a shape in a reference."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", name).strip("_")


def _ecma(schema: Any) -> Any:
    """The schema with patterns and references as ECMA 262 and OpenAPI have them."""
    if isinstance(schema, dict):
        done = {name: _ecma(value) for name, value in schema.items()}
        # A set has no order, and the page is to be the same every time; a struct's own fields say their defaults.
        if done.get("uniqueItems") and "default" in done:
            done["default"] = sorted(done["default"])
        if isinstance(done.get("default"), dict) and done["default"]:
            del done["default"]
        if isinstance(done.get("pattern"), str):
            done["pattern"] = done["pattern"].replace(r"\Z", "$")
        if isinstance(done.get("$ref"), str):
            before, _, name = done["$ref"].rpartition("/")
            done["$ref"] = f"{before}/{_plain(name)}"
        return done
    return [_ecma(value) for value in schema] if isinstance(schema, list) else schema


def _operation(door: Door, shapes: _Shapes) -> dict[str, Any]:
    first, _, rest = door.summary.partition("\n")
    said: dict[str, Any] = {
        "operationId": _operation_id(door),
        "tags": [door.tag],
        "summary": first,
        "parameters": [*_path_parameters(door), *_query_parameters(door)],
        "responses": _responses(door, shapes),
    }
    if rest.strip():
        said["description"] = " ".join(rest.split())
    if door.may is None:
        said["security"] = []
    else:
        said["x-action"] = door.may
        said["x-roles"] = [role for role in ROLES if door.may in MAY[role]]
    if door.body is not Nothing:
        said["requestBody"] = {"required": True, "content": {JSON: {"schema": shapes.of(door.body)}}}
    if door.upload is not None:
        said["requestBody"] = {
            "required": True,
            "description": f"The file as it is, at most {door.upload.max_bytes} bytes.",
            "content": {"application/octet-stream": {}},
        }
    return said


def _operation_id(door: Door) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", door.path.removeprefix("/api/v1").lower()).strip("_")
    return f"{door.method.lower()}_{words}"


def _path_parameters(door: Door) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(door.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}


def _query_parameters(door: Door) -> Iterator[dict[str, Any]]:
    (schema,), components = msgspec.json.schema_components([door.query], ref_template=_REF)
    fields = components[schema["$ref"].rpartition("/")[2]]
    for name, field in fields.get("properties", {}).items():
        field = _inlined(_ecma(field), components)
        yield {"name": name, "in": "query", "required": name in fields.get("required", ()), "schema": _not_null(field)}
    if door.media[1:] and JSON in door.media:
        yield {
            "name": "format",
            "in": "query",
            "required": False,
            "schema": {"enum": ["json", "csv", "xlsx"], "default": "json"},
        }


def _inlined(schema: dict[str, Any], components: Mapping[str, Any]) -> dict[str, Any]:
    """A query's fields are plain; only their enumerations come as references."""
    if "$ref" in schema:
        return dict(_ecma(components[schema["$ref"].rpartition("/")[2]]))
    if "anyOf" in schema:
        return {**schema, "anyOf": [_inlined(one, components) for one in schema["anyOf"]]}
    return schema


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """In an address nothing is null: what is not given is absent."""
    if "anyOf" in schema:
        left = [one for one in schema["anyOf"] if one != {"type": "null"}]
        rest = {name: value for name, value in schema.items() if name != "anyOf"}
        schema = {**rest, **left[0]} if len(left) == 1 else {**rest, "anyOf": left}
    if schema.get("default", 0) is None:
        del schema["default"]
    if None in schema.get("enum", ()):
        schema["enum"] = [value for value in schema["enum"] if value is not None]
    return schema


def _responses(door: Door, shapes: _Shapes) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done" if door.answers is None else "The answer"}
    if door.answers is not None or door.media != (JSON,):
        schema = {} if door.answers is None else {"schema": shapes.of(door.answers)}
        good["content"] = {media: schema if media == JSON else {} for media in door.media}
    answers = {str(door.status): good}
    for status, codes in _refusals(door).items():
        answers[str(status)] = _problem(", ".join(f"`{code}`" for code in codes), shapes)
    answers["default"] = _problem("A refusal of the ledger, the registry or the lesson", shapes)
    return answers


def _refusals(door: Door) -> dict[int, list[str]]:
    """Status → the codes that may come with it, of those that are known by the door's declaration."""
    codes = ["bad_request"]
    if door.may is not None:
        codes += ["token_missing", "token_invalid", "token_expired", "forbidden"]
    if door.body is not Nothing or door.upload is not None:
        codes += ["too_slow", "too_large"]
    if _VARIABLE.search(door.path):
        codes.append("not_found")
    found: dict[int, list[str]] = {}
    for code in dict.fromkeys((*codes, *door.refuses)):
        if code in PROBLEMS:
            found.setdefault(PROBLEMS[code][0], []).append(code)
    return dict(sorted(found.items()))


def _problem(description: str, shapes: _Shapes) -> dict[str, Any]:
    return {"description": description, "content": {PROBLEM: {"schema": shapes.of(ProblemAnswer)}}}


def _row(door: Door, shapes: _Shapes) -> str:
    address = f"`{door.method} {door.path.removeprefix('/api/v1')}`"
    return f"| {address} | {_who(door)} | {_takes(door, shapes)} | {_does(door)} |"


def _who(door: Door) -> str:
    if door.may is None:
        return "anyone"
    return ", ".join(words for role, words in ROLES.items() if door.may in MAY[role])


def _takes(door: Door, shapes: _Shapes) -> str:
    query = [f"`?{one['name']}`" for one in _query_parameters(door) if one["name"] not in ("after", "limit", "format")]
    body = [f"[{_type(shapes.of(door.body))}]"] if door.body is not Nothing else []
    file = [f"a file of at most {door.upload.max_bytes // 2**20} MiB"] if door.upload else []
    gives = _type(shapes.of(door.answers)) if door.answers is not None else "/".join(door.media)
    empty = door.answers is None and door.media == (JSON,)
    return f"{' '.join((*query, *body, *file))} → {door.status}{'' if empty else ' ' + gives}".strip()


def _does(door: Door) -> str:
    said = " ".join(door.summary.split()).replace("|", "\\|")
    codes = " · ".join(f"`{code}`" for code in door.refuses)
    return f"{said} {codes}".strip()


def _shape(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"### {name}\n"]
    if "description" in schema:
        lines.append(" ".join(schema["description"].split()) + "\n")
    required = set(schema.get("required", ()))
    for field, shape in schema.get("properties", {}).items():
        default = f" = {msgspec.json.encode(shape['default']).decode()}" if "default" in shape else ""
        lines.append(f"- `{field}`{'' if field in required else '?'}: {_type(shape)}{default}")
    if "enum" in schema:
        lines.append(" · ".join(f"`{value}`" for value in schema["enum"]))
    return "\n".join(lines) + "\n"


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return " · ".join("null" if value is None else str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        of = schema.get("items") or {}
        parts = schema.get("prefixItems")
        return f"[{', '.join(_type(one) for one in parts)}]" if parts else f"list of {_type(of)}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"name → {_type(schema['additionalProperties'])}"
    return str(schema.get("format") or schema.get("type") or "anything") + _bounds(schema)


def _bounds(schema: Mapping[str, Any]) -> str:
    least = schema.get("minimum", schema.get("minLength"))
    most = schema.get("maximum", schema.get("maxLength"))
    if least is None and most is None:
        return ""
    return f" ({'' if least is None else least}…{'' if most is None else most})"


def all_doors(nouns: Iterable[Any]) -> tuple[Door, ...]:
    """The doors of every noun, in order."""
    return tuple(door for noun in nouns for door in noun.all)
