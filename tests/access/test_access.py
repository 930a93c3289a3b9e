"""Every address against the table: whoever may, may; whoever may not, is told so (403), is told nothing (404), or is asked who they are.

The table (`table.toml`) is written by hand from what roles owe and may, not from the code.
"""

from __future__ import annotations

import re
import tomllib
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, resolve
from django.urls.resolvers import URLPattern, URLResolver

from chemward.apps.core.models import AuditEntry, Organisation, Outbox, User
from chemward.apps.core.scope import Scope, roles
from chemward.config.api import api
from tests.access import world as objects

# Thousands of requests: minutes on a busy machine.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(900)]
TABLE = tomllib.loads((Path(__file__).parent / "table.toml").read_text("utf-8"))
SEE: dict[str, str] = TABLE.pop("see")
UNKNOWN = str(uuid.UUID(int=7))
# Anonymous callers need no table: the style guide and what Django's own machinery serves.
WORDS = ("anyone", "logged in", "none", "wall only")


@dataclass(frozen=True)
class Line:
    """One line of the table."""

    method: str
    address: str
    asks: str

    @property
    def name(self) -> str:
        return f"{self.method} {self.address}"

    @property
    def is_api(self) -> bool:
        return self.address.startswith("/api/")

    @property
    def capabilities(self) -> list[str]:
        return [] if self.asks in WORDS or self.asks.startswith("own ") else self._asked().split(" & ")

    def _asked(self) -> str:
        return self.asks.removeprefix("filtered ").split(" @ ")[0]

    @property
    def kind(self) -> str:
        return self.asks.partition(" @ ")[2]

    def filled(self, world: dict[str, Any]) -> str:
        return re.sub(r"\{(\w+)\}", lambda m: str(world[m[1]]), self.address)


LINES = [Line(*key.split(" ", 1), asks) for part in TABLE.values() for key, asks in part.items()]


# -- the table is whole -----------------------------------------------------------------------------------------------


def patterns(resolver: Any = None, prefix: str = "") -> list[str]:
    """All routes below a resolver, as Django writes them."""
    found: list[str] = []
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            found += patterns(entry, route)
        elif isinstance(entry, URLPattern):
            found.append(route)
    return found


def route_of(line: Line) -> str:
    sample = {
        name: UNKNOWN if name not in {"session", "saved", "letter", "number", "place", "path"} else "1"
        for name in re.findall(r"\{(\w+)\}", line.address)
    }
    return resolve(urlsplit(line.filled(sample)).path).route


def test_every_page_stands_in_the_table():
    """Whoever adds an address adds its line to `table.toml`: what it asks of a caller."""
    listed = {route_of(line) for line in LINES}
    # The root of the API is a name without an answer; the style guide exists under the demo flag only.
    known = {"api/v1/", "styleguide", "styleguide/why"}
    assert sorted(set(patterns()) - listed - known) == []


def test_every_operation_of_the_api_stands_in_the_table():
    listed = {(line.method, route_of(line)) for line in LINES if line.is_api}
    missing = []
    for path, operations in api.get_openapi_schema()["paths"].items():
        sample = re.sub(r"\{\w+\}", UNKNOWN, path)
        route = resolve(sample).route
        missing += [f"{m.upper()} {path}" for m in operations if (m.upper(), route) not in listed]
    assert missing == []


def test_the_table_names_capabilities_that_exist():
    from chemward.apps.core.scope import capabilities

    known = capabilities()
    assert [c for line in LINES for c in line.capabilities if c not in known] == []
    assert {line.kind for line in LINES if line.kind} <= SEE.keys()


# -- bodies -----------------------------------------------------------------------------------------------------------

# Fields of a body by name where the kind of value alone does not say enough.
FIELDS = {
    "organisation": "organisation", "parent": "organisation", "post": "post", "ids": ["alarm"], "definitions": ["definition"],
    "org_path": "path",
}  # fmt: skip
SENSIBLE = {
    "due_at": "2099-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z", "valid_until": "2099-01-01T00:00:00Z", "minutes": 10, "kinds": ["http"],
    "verdict": "true", "kind": "equipment", "verbs": ["test.a"], "message_class": "warning", "is_granted": True, "version": 1, "type": "L",
    "values": {}, "name": "core.users", "consequence_class": "major", "time_to_respond_s": 60, "until_ms": None,
}  # fmt: skip


def body_of(line: Line, world: dict[str, Any]) -> Any:
    """The least that an operation of the API takes, from its own document; what it is about is the object in 示范氯碱."""
    schema = api.get_openapi_schema()
    path = next(
        p
        for p, operations in schema["paths"].items()
        if line.method.lower() in operations and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", p), urlsplit(line.filled(world)).path)
    )
    asked = schema["paths"][path][line.method.lower()].get("requestBody")
    if asked is None:
        return None
    return value_of(asked["content"]["application/json"]["schema"], schema["components"]["schemas"], world, "", line)


def value_of(schema: dict[str, Any], known: dict[str, Any], world: dict[str, Any], name: str, line: Line) -> Any:
    if any(s.get("type") == "null" for s in schema.get("anyOf", ())):
        return None
    if "$ref" in schema:
        schema = known[schema["$ref"].rsplit("/", 1)[1]]
    if name in FIELDS and not (name == "parent" and "asset" in line.address):
        wanted = FIELDS[name]
        return [world[w] for w in wanted] if isinstance(wanted, list) else world[wanted]
    if name in SENSIBLE and not (name in {"name", "kind", "type"} and schema.get("type") == "array"):
        if name == "kind" and "/assets" not in line.address:
            return "mqtt" if line.address.endswith("/feeds") else "enterprise"
        return SENSIBLE[name]
    if "properties" in schema:
        wanted_fields = [*schema.get("required", []), *(f for f in ("ids", "definitions") if f in schema["properties"])]
        return {f: value_of(schema["properties"][f], known, world, f, line) for f in dict.fromkeys(wanted_fields)}
    if schema.get("type") == "array":
        return [value_of(schema.get("items", {}), known, world, name.rstrip("s"), line)] if name == "alarms" else []
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "uuid":
        return world["alarm"] if name == "id" else UNKNOWN
    if schema.get("format") == "date-time":
        return "2099-01-01T00:00:00Z"
    return {"integer": 1, "number": 1, "boolean": True, "object": {}}.get(schema.get("type", ""), "试验 一二三")


# -- asking -----------------------------------------------------------------------------------------------------------


class Undone(Exception):
    """What was asked for is taken back."""


@pytest.fixture
def place(tree) -> dict[str, Any]:
    return objects.build(tree, User.objects.create(username="receiver", display_name="收件人", home=tree.chlor, password="!"))


def ask(client: Client, line: Line, world: dict[str, Any]) -> tuple[int, str, bool]:
    """Status, body, and whether anything was written down; what was changed is taken back."""
    address, cookies = line.filled(world), {name: morsel.value for name, morsel in client.cookies.items()}
    said: tuple[int, str, bool] = (0, "", False)
    try:
        with transaction.atomic():
            before = (AuditEntry.objects.count(), Outbox.objects.count())
            if line.method == "GET":
                answer = client.get(address)
            elif line.is_api:
                answer = client.generic(line.method, address, data=_json(body_of(line, world)), content_type="application/json")
            else:
                answer = client.post(address, {"reason": "试验", f"{address.rsplit('/', 1)[-1]}-reason": "试验"})
            text = b"".join(answer.streaming_content).decode("utf-8", "replace") if answer.streaming else answer.content.decode()
            login = answer.status_code == 302 and answer["Location"].startswith("/login")
            after = (AuditEntry.objects.count(), Outbox.objects.count())
            said = (-302 if login else answer.status_code, text, before != after)
            raise Undone
    except Undone:
        # Logged out, or in another language: the next question is asked as this one was.
        client.cookies.clear()
        client.cookies.load(cookies)
        return said


def _json(body: Any) -> str:
    import orjson

    return orjson.dumps(body, default=str).decode()


def client_of(user: Any) -> Client:
    client = Client(raise_request_exception=False, headers={"accept-language": "zh-hans"})
    client.force_login(user)
    return client


def test_anonymous_callers_are_asked_who_they_are(place):
    client, told = Client(raise_request_exception=False), []
    for line in LINES:
        status, text, wrote = ask(client, line, place)
        if line.asks == "anyone":
            expected = {200, 302, 422, -302}
        elif line.address.startswith(("/first-password", "/wall")) and line.asks in {"none", "wall only"}:
            expected = {403, 404, -302}
        else:
            expected = {401} if line.is_api else {-302}
        if status not in expected or wrote or objects.MARK in text:
            told.append(f"{line.name}: {status}, expected {sorted(expected)}{', wrote' if wrote else ''}")
    if told:
        pytest.fail("\n".join(told), pytrace=False)


@pytest.mark.parametrize("role", sorted(roles()))
def test_a_role_gets_what_the_table_says(role, place, tree, user_of):
    user = user_of(role)
    client, scope, told = client_of(user), Scope.of(user), []
    for line in LINES:
        if fault := judged(line, scope, tree.chlor, *ask(client, line, place)):
            told.append(f"{line.name}: {fault}")
    if told:
        pytest.fail("\n".join(told), pytrace=False)


@pytest.mark.parametrize("role", ["enterprise_lead", "enterprise_safety", "park_safety", "platform_administrator"])
def test_people_of_another_park_meet_nothing_of_this_one(role, place, tree, user_of):
    user = user_of(role, tree.other if role.startswith("enterprise") else tree.other_park)
    client, scope, told = client_of(user), Scope.of(user), []
    for line in LINES:
        status, text, wrote = ask(client, line, place)
        if objects.MARK in text:
            told.append(f"{line.name}: shows {text[max(0, text.index(objects.MARK) - 80) :][:120]!r}")
        if fault := judged(line, scope, tree.chlor, status, text, wrote):
            told.append(f"{line.name}: {fault}")
    if told:
        pytest.fail("\n".join(told), pytrace=False)


def judged(line: Line, scope: Scope, at: Organisation, status: int, text: str, wrote: bool) -> str:
    """What is wrong with an answer to somebody with this scope, "" when nothing is."""
    expected, may_write = expectation(line, scope, at)
    if status >= 500 and status != 503:
        return f"server fault {status}: {text[:200]}"
    if wrote and not may_write:
        return f"was refused with {status} and changed something"
    is_read_without_right = line.asks.startswith("filtered ") and not all(scope.has(c) for c in line.capabilities)
    if is_read_without_right and objects.MARK in text:
        return "sees rows without the right to"
    return "" if status in expected else f"{status}, expected {sorted(expected)}"


MAY = {200, 201, 202, 204, 302, 409, 422, 503}


def expectation(line: Line, scope: Scope, at: Organisation) -> tuple[set[int], bool]:
    """The statuses that the table allows, and whether the caller may change anything."""
    if line.asks in {"anyone", "logged in"}:
        return MAY | {-302}, True
    if line.asks == "none":
        return ({404, 403} if not line.is_api else {404, 403, 422, 202}), False
    if line.asks == "wall only":
        return {403}, False
    if line.asks.startswith("own "):
        return {404}, False
    if line.asks.startswith("filtered "):
        return MAY | {403, 404}, all(scope.allows(c, at.path) for c in line.capabilities)
    if not line.kind:
        has = all(scope.has(c) for c in line.capabilities)
        return (MAY if has else {403}), has
    if all(scope.allows(c, at.path) for c in line.capabilities):
        # Another rule than rights may still refuse: a second person is needed, an object hangs elsewhere.
        sees = scope.allows(SEE[line.kind], at.path)
        return (MAY | {403} if sees else MAY | {403, 404}), True
    if not scope.sees(at.path):
        return {404}, False
    if not scope.allows(SEE[line.kind], at.path):
        return {403, 404}, False
    # A page of forms says a refusal on the form, or above the page that it leads back to.
    return ({403} if line.is_api or line.method == "GET" else {403, 422, 302}), False
