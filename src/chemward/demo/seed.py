"""Puts the demo park into a database: through the acts, so that every row is checked, audited and announced as if people had entered it.

Each step does only what is missing, so that a seeding that was interrupted, or an older demo, is completed by the next one.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.contrib.auth.hashers import make_password

from chemward.apps.assets import actions as assets
from chemward.apps.assets.models import Asset
from chemward.apps.core import demo_logins
from chemward.apps.core.actions import organisations, users
from chemward.apps.core.acts import Actor
from chemward.apps.core.models import Organisation, Source, User
from chemward.apps.monitoring.actions import credentials as keys
from chemward.apps.monitoring.actions import feeds, tags
from chemward.apps.monitoring.actions.config import announce_dirty
from chemward.apps.monitoring.models import Credential, Feed, FeedKind, Tag
from chemward.demo import credentials, seed_assets, seed_followup, seed_tags
from chemward.demo.plan import DEFAULT_SEED, build
from chemward.demo.records import Plan
from chemward.demo.tables import table
from chemward.telemetry.installation import Installation

log = logging.getLogger(__name__)

CREDENTIAL_NAME = "示范模拟器"
POSTS_SINCE = timedelta(days=90)
# Log-ins that are printed: one of each kind of user.
SHOWN = (
    ("duty.jia", "园区值班员"),
    ("lead.jia", "园区值班长"),
    ("bureau.jia", "园区安监"),
    ("e08.safety.jia", "示范氯碱安全员"),
    ("e08.lead.jia", "示范氯碱安全负责人"),
    ("e08.shift.jia", "示范氯碱班长"),
    ("e27.safety.jia", "示范储运安全员"),
    ("s1.jia", "第三方单位"),
    ("city.jia", "市级监管"),
    ("province.jia", "省级监管"),
    ("integrator.jia", "接入工程师"),
    ("admin.jia", "平台管理员"),
)


def seed(installation: Installation, *, now: datetime | None = None, number: int = DEFAULT_SEED) -> bool:
    """Seed the demo park unless this very plan stands already; True when something was done.

    installation: the `Installation` whose database Django is set up for.
    """
    plan = build(number)
    wanted = digest(plan)
    if _stamp(installation.data).get("plan") == wanted and Organisation.objects.filter(is_demo=True).exists():
        return False
    Seeding(plan, installation, now or datetime.now(UTC)).run()
    _write(installation.data / "demo-seeded.json", json.dumps({"plan": wanted}))
    return True


def digest(plan: Plan) -> str:
    """Changes when the plan, or the stories told in it, change in whatever way."""
    return hashlib.sha256(f"{plan!r}{table('followup')!r}".encode()).hexdigest()


@dataclass
class Seeding:
    """One run through all steps."""

    plan: Plan
    installation: Installation
    now: datetime
    actor: Actor = field(default_factory=lambda: Actor.platform("示范数据"))
    places: dict[str, Organisation] = field(default_factory=dict)

    def run(self) -> None:
        with _said("organisations"):
            self.organisations()
        with _said("people"):
            self.people()
        with _said("assets"):
            self.assets()
        with _said("feeds and tags"):
            rows = self.feeds()
            self.tags(rows)
        with _said("hidden hazards, duties, restrictions, limit changes"):
            seed_followup.Stories(self.plan, self.places, self.now, self.actor).tell()
        self.credentials(rows)

    # -- organisations and people -------------------------------------------------------------------------------------

    def organisations(self) -> None:
        known = {o.external_key: o for o in Organisation.objects.filter(is_demo=True)}
        for order, o in enumerate(self.plan.organisations):
            self.places[o.code] = known.get(o.code) or organisations.add(
                self.actor,
                kind=o.kind,
                name=o.name,
                parent=self.places[o.parent] if o.parent else None,
                now=self.now,
                source=Source.DEMO,
                short_name=o.short,
                code=o.code,
                external_key=o.code,
                is_demo=True,
                order=order,
            )

    def people(self) -> None:
        """All users with one password of this installation. It is hashed once: a slow hash for each of 150 would take half a minute."""
        password, is_new = self.password()
        taken = set(User.objects.values_list("username", flat=True))
        new = [u for u in self.plan.users if u.username not in taken]
        for u in new:
            place = self.places[u.organisation]
            users.invite(
                self.actor,
                username=u.username,
                display_name=u.name,
                home=place,
                memberships=[(place, u.role)],
                now=self.now,
            )
        # The invitations stand in the audit; the password itself is set past them, because nobody is there to follow 150 links.
        whose = self.plan.users if is_new else new
        of_demo = User.objects.filter(username__in=[u.username for u in whose], home__is_demo=True)
        of_demo.update(password=make_password(password))
        self.posts()

    def posts(self) -> None:
        """Posts that answer for something, with holder and deputies."""
        people = {u.username: u for u in User.objects.filter(username__in=[u.username for u in self.plan.users])}
        park = next(o.code for o in self.plan.organisations if o.kind == "park")
        # Superiors before those who report to them.
        wanted = [
            (park, "director", "园区安监局负责人", ["bureau.jia", "bureau.yi"], ""),
            (park, "park_safety", "园区安监", ["bureau.jia", "bureau.yi"], "director"),
            (park, "duty_lead", "园区值班长", ["lead.jia", "lead.yi"], "director"),
            (park, "duty", "园区值班室", ["duty.jia", "duty.yi"], "duty_lead"),
        ]
        for o in self.plan.enterprises:
            name = o.code.lower()
            wanted.append((o.code, "enterprise_lead", "企业安全负责人", [f"{name}.lead.jia", f"{name}.safety.yi"], ""))
            wanted.append((o.code, "duty", "企业值班", [f"{name}.shift.jia", f"{name}.safety.jia"], "enterprise_lead"))
            wanted.append((o.code, "safety", "安全管理部", [f"{name}.safety.jia", f"{name}.safety.yi"], "enterprise_lead"))
        made = {}
        # People held their posts before the first story begins.
        since = self.now - POSTS_SINCE
        for place, code, name, holders, superior in wanted:
            above = made.get((place, superior))
            post = users.make_post(self.actor, self.places[place], code=code, name=name, superior=above, now=self.now)
            made[place, code] = post
            for i, username in enumerate(holders):
                users.hold_post(self.actor, post, people[username], now=self.now, is_deputy=i > 0, starts_at=since)

    def password(self) -> tuple[str, bool]:
        """The password of the demo users of this installation, made once and written where the greeting finds it (mode 0600); and
        whether it was made now."""
        file = self.data / "demo-logins.txt"
        if file.exists():
            for line in file.read_text("utf-8").splitlines():
                if line.startswith("密码"):
                    return line.split()[-1], False
        password = "-".join(secrets.token_hex(2) for _ in range(3))
        lines = ["示范登录（仅演示环境，用户名 — 身份）", *(f"  {u:16} {text}" for u, text in SHOWN)]
        lines += [f"  {'eNN.safety.jia':16} 其余企业，NN 为 01–{len(self.plan.enterprises):02d}", f"密码  {password}"]
        _write(file, "\n".join(lines) + "\n")
        demo_logins.write([{"username": u, "password": password, "role": text} for u, text in SHOWN])
        return password, True

    @property
    def data(self) -> Path:
        return self.installation.data

    # -- assets, feeds, tags ------------------------------------------------------------------------------------------

    def assets(self) -> None:
        for owner, drafts in seed_assets.drafts(self.plan).items():
            assets.put_many(self.actor, self.places[owner].path, drafts, source=Source.DEMO, now=self.now)

    def feeds(self) -> dict[str, Feed]:
        """Feeds by their key in the plan."""
        known = {f.external_key: f for f in Feed.objects.filter(external_key__startswith="demo:").select_related("organisation")}
        rows = {}
        for f in self.plan.feeds:
            rows[f.key] = known.get(f"demo:{f.key}") or feeds.create(
                self.actor,
                self.places[f.owner].uuid,
                f.name,
                kind=FeedKind.MQTT,
                now=self.now,
                lateness_s=float(f.lateness_s),
                period_s=float(f.period_s),
                external_key=f"demo:{f.key}",
                note="示范网关，由模拟器发送",
            )
        return rows

    def tags(self, rows: Mapping[str, Feed]) -> None:
        """First all tags with the alarms that stand alone; then, when every tag has its number, the alarms that name other tags."""
        found = Asset.objects.filter(kind="instrument", valid_until=None, organisation__is_demo=True)
        of_asset = {
            key: (uuid, f"{code} {name}") for key, uuid, code, name in found.values_list("external_key", "uuid", "code", "name")
        }
        places = {i.code: i.geometry for i in self.plan.instruments}
        for f in self.plan.feeds:
            news = [seed_tags.new_tag(t, places[t.instrument], *of_asset[t.instrument]) for t in self.plan.tags_of(f.key)]
            tags.enter(self.actor, rows[f.key].uuid, news, now=self.now, announces=False)
        numbers = dict(Tag.objects.filter(feed__in=[r.pk for r in rows.values()]).values_list("external_key", "id"))
        for f in self.plan.feeds:
            news = [
                seed_tags.new_tag(t, places[t.instrument], *of_asset[t.instrument], numbers)
                for t in self.plan.tags_of(f.key)
                if any(seed_tags.refers(a) for a in t.alarms)
            ]
            tags.enter(self.actor, rows[f.key].uuid, news, now=self.now, announces=False)
            announce_dirty(self.actor, now=self.now, feed=rows[f.key])

    # -- what the simulator needs -------------------------------------------------------------------------------------

    def credentials(self, rows: Mapping[str, Feed]) -> None:
        """A key for each gateway. Keys whose secret is still in the simulator's file are kept, others are revoked and made anew."""
        try:
            kept = {g.key: g for g in credentials.read(self.installation).gateways}
        except credentials.NotSeeded:
            kept = {}
        valid = set(
            Credential.objects.filter(revoked_at=None, feed__in=[r.pk for r in rows.values()]).values_list("key_id", flat=True)
        )
        gateways = []
        for key, feed in rows.items():
            old = kept.get(key)
            if old is None or old.user not in valid:
                old = self.new_credential(key, feed)
            gateways.append(old)
        demo = credentials.DemoFile(self.plan.seed, tuple(gateways))
        credentials.write(self.installation, demo)

    def new_credential(self, key: str, feed: Feed) -> credentials.GatewayCredential:
        for row in Credential.objects.filter(feed=feed, name=CREDENTIAL_NAME, revoked_at=None):
            keys.revoke(self.actor, row.uuid, "示范网关换发密钥", now=self.now)
        issued = keys.issue(self.actor, feed.uuid, kinds=[FeedKind.MQTT, FeedKind.HTTP], name=CREDENTIAL_NAME, now=self.now)
        return credentials.GatewayCredential(key, feed.key, feed.shard, issued.credential.key_id, issued.secret)


@contextmanager
def _said(what: str) -> Iterator[None]:
    began = datetime.now(UTC)
    yield
    log.info("demo park: %s in %.1f s", what, (datetime.now(UTC) - began).total_seconds())


def _stamp(data: Path) -> dict[str, str]:
    try:
        return dict(json.loads((data / "demo-seeded.json").read_text("utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return {}


def _write(path: Path, text: str) -> None:
    """Write a file of mode 0600, whole or not at all."""
    temporary = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        f.write(text)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, path)
