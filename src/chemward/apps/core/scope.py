"""Who may do what where: capabilities over subtrees of the organisation tree.

A role is a hand-written set of capabilities (`data/roles.toml`). A membership gives a user a role at an organisation; the role holds
for its whole subtree. A row is in scope when its `org_path` lies under one of the paths that the capability was given at.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import CharField, Model, Q, QuerySet
from django.db.models.lookups import GreaterThanOrEqual, LessThan

if TYPE_CHECKING:
    from chemward.apps.core.models import User

M = TypeVar("M", bound=Model)
DATA = Path(__file__).parent / "data"
ROOT = ""


@dataclass(frozen=True)
class Role:
    code: str
    name: str
    name_zh: str
    at: tuple[str, ...]
    capabilities: frozenset[str]


@cache
def capabilities() -> Mapping[str, str]:
    """All capabilities, with their Chinese names."""
    loaded: dict[str, str] = tomllib.loads((DATA / "capabilities.toml").read_text("utf-8"))["capabilities"]
    return loaded


@cache
def roles() -> Mapping[str, Role]:
    """All roles by code. ValueError names a capability that does not exist."""
    known = capabilities()
    result: dict[str, Role] = {}
    loaded = tomllib.loads((DATA / "roles.toml").read_text("utf-8"))
    groups: dict[str, list[str]] = loaded["groups"]
    for code, row in loaded["roles"].items():
        names = set(row.get("capabilities", ()))
        for group in row.get("groups", ()):
            names.update(groups[group])
        if unknown := names - known.keys():
            raise ValueError(f"roles.toml, {code}: no such capability: {', '.join(sorted(unknown))}")
        result[code] = Role(code, row["name"], row["name_zh"], tuple(row["at"]), frozenset(names))
    return result


def minimal(paths: Iterable[str]) -> tuple[str, ...]:
    """The paths without those that lie under another one, sorted.

    >>> minimal(["1.4.", "1.", "2.3."])
    ('1.', '2.3.')
    """
    kept: list[str] = []
    for path in sorted(set(paths)):
        if not kept or not path.startswith(kept[-1]):
            kept.append(path)
    return tuple(kept)


class _Wide:
    """A comparison that SQLite answers by looking at the row, never by the index of the column (the unary plus says so)."""

    def process_lhs(self, compiler: Any, connection: Any, lhs: Any = None) -> Any:
        sql, params = super().process_lhs(compiler, connection, lhs)  # type: ignore[misc]
        return (f"+{sql}" if connection.vendor == "sqlite" else sql), params

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        return f"{self.sign} {rhs}"  # type: ignore[attr-defined]


@CharField.register_lookup
class WideFrom(_Wide, GreaterThanOrEqual):
    lookup_name, sign = "wide_gte", ">="


@CharField.register_lookup
class WideBefore(_Wide, LessThan):
    lookup_name, sign = "wide_lt", "<"


def under(field: str, paths: Iterable[str], *, is_wide: bool = False) -> Q:
    """Rows whose path lies under one of `paths`: one index range each.

    is_wide: most rows lie there. Then the range would be read whole and sorted; the order's own index is left to lead instead.
    """
    kind = "wide_" if is_wide else ""
    condition = Q(pk__in=())
    for path in paths:
        # "." is followed by "/" in ASCII: every path that begins with `1.4.` lies in [`1.4.`, `1.4/`).
        condition |= Q() if path == ROOT else Q(**{f"{field}__{kind}gte": path, f"{field}__{kind}lt": path[:-1] + "/"})
        if path == ROOT:
            return Q()
    return condition


@dataclass(frozen=True)
class Scope:
    """What one actor may do where: capability → paths."""

    grants: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, user: User) -> Scope:
        """Scope of a user: one query; an inactive user has none."""
        if not user.is_active:
            return cls({})
        collected: dict[str, list[str]] = {}
        known = roles()
        for role, path in user.memberships.current().values_list("role", "organisation__path"):
            for capability in known[role].capabilities if role in known else ():
                collected.setdefault(capability, []).append(path)
        return cls({name: minimal(paths) for name, paths in collected.items()})

    @classmethod
    def everything(cls) -> Scope:
        """Scope of the platform itself (clock jobs, recorder)."""
        return cls(dict.fromkeys(capabilities(), (ROOT,)))

    def paths(self, capability: str) -> tuple[str, ...]:
        if capability not in capabilities():
            raise ValueError(f"no such capability: {capability}")
        return self.grants.get(capability, ())

    def allows(self, capability: str, path: str) -> bool:
        return any(path.startswith(p) for p in self.paths(capability))

    def has(self, capability: str) -> bool:
        """Whether the capability is held anywhere."""
        return bool(self.paths(capability))

    def sees(self, path: str) -> bool:
        """Whether anything at all is granted at this path: decides between 403 and 404."""
        return any(path.startswith(p) for paths in self.grants.values() for p in paths)

    def filter(self, rows: QuerySet[M], capability: str, field: str = "org_path", *, is_wide: bool = False) -> QuerySet[M]:
        """The rows of a query that are in scope for a capability. is_wide: as in `under`."""
        return rows.filter(under(field, self.paths(capability), is_wide=is_wide))

    def within(self, path: str) -> Scope:
        """The same scope limited to one subtree: what lies above or beside it is out of sight."""
        grants = {}
        for name, paths in self.grants.items():
            inside = [p if p.startswith(path) else path for p in paths if p.startswith(path) or path.startswith(p)]
            if inside:
                grants[name] = minimal(inside)
        return Scope(grants)

    def narrowed(self, allowed: Iterable[str]) -> Scope:
        """The same scope limited to some capabilities (API tokens, wall screens)."""
        keep = set(allowed)
        return Scope({name: paths for name, paths in self.grants.items() if name in keep})
