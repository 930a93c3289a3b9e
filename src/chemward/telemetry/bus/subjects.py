"""Every subject and stream name of the bus, as in docs/architecture.md: nobody else spells one.

A subject's parts never hold a dot, a space or a wildcard; the functions refuse such a part, so that a hostile name cannot
widen a subscription or a permission.
"""

from __future__ import annotations

import re

SHARDS = 64

# -- streams (account PLATFORM) ---------------------------------------------------------------------------------------

IN_MQTT = "IN_MQTT"
IN = "IN"
SAMPLES = "SAMPLES"
EVENTS = "EVENTS"
CONFIG = "CONFIG"

# -- all of a kind (for subscriptions and stream definitions) ---------------------------------------------------------

ALL_MQTT_INPUT = "cw.*.*.*"
ALL_INPUT = "in.*.*.*"
ALL_SAMPLES = "smp.*"
ALL_EVENTS = "ev.>"
ALL_CONFIG = "cfg.>"
ALL_ALARMS = "ev.alarm.*"
ALL_EXTERNAL_ALARMS = "ev.external.*"
ALL_ACTS = "ev.act.>"
ALL_UNKNOWN_TAGS = "ev.unknown.*"
ALL_FEED_CONFIG = "cfg.feed.*"
ALL_TAG_CONFIG = "cfg.tags.>"
ALL_CREDENTIAL_CONFIG = "cfg.credential.*"
ALL_USER_CONFIG = "cfg.user.*"
ALL_BEATS = "sys.beat.>"
ALL_HEALTH = "health.*"
ALL_ECHOES = "echo.*"
ALL_REVOKED_SESSIONS = "session.revoked.*"

CONFIG_APPLIED = "ev.config.applied"
REQUEST_OPEN_ALARMS = "req.open_alarms"
REQUEST_ALL = "req.>"

DATA = "data"
ALARM = "alarm"

_PART = re.compile(r"[A-Za-z0-9_-]{1,128}\Z")
_FEED = re.compile(r"[a-z0-9]{10}\Z")
_SHARD = re.compile(r"[0-9]{2}\Z")


def part(text: str, what: str = "subject part") -> str:
    """`text` unchanged when it may stand as one part of a subject. ValueError names it otherwise."""
    if not _PART.match(text):
        raise ValueError(f"{what} {text!r} may hold letters, digits, '-' and '_' only")
    return text


def feed_id(text: str) -> str:
    """`text` unchanged when it is a feed id (10 lower-case letters or digits). ValueError otherwise."""
    if not _FEED.match(text):
        raise ValueError(f"feed id {text!r} must be 10 lower-case letters or digits")
    return text


def shard_id(text: str) -> str:
    """`text` unchanged when it is a shard, "00" to "63". ValueError otherwise."""
    if not _SHARD.match(text) or int(text) >= SHARDS:
        raise ValueError(f"shard {text!r} must be two digits below {SHARDS}")
    return text


def shard_of(enterprise_number: int) -> str:
    """The shard of an enterprise, from its database id."""
    return f"{enterprise_number % SHARDS:02d}"


# -- input ------------------------------------------------------------------------------------------------------------


def mqtt_input(shard: str, feed: str, kind: str = DATA) -> str:
    """Subject under which the bus sees what a device publishes over MQTT. kind: "data", "alarm"."""
    return f"cw.{shard_id(shard)}.{feed_id(feed)}.{part(kind)}"


def mqtt_topic(shard: str, feed: str, kind: str = DATA) -> str:
    """The topic a device publishes to over MQTT: the same as `mqtt_input`, written in MQTT's way."""
    return mqtt_input(shard, feed, kind).replace(".", "/")


def native_input(shard: str, feed: str, kind: str = DATA) -> str:
    """Subject of HTTP and native input, answered with the stream's ack."""
    return f"in.{shard_id(shard)}.{feed_id(feed)}.{part(kind)}"


def input_parts(subject: str) -> tuple[str, str, str, str]:
    """(door "cw" or "in", shard, feed, kind) of an input subject. ValueError when it is not one."""
    parts = subject.split(".")
    if len(parts) != 4 or parts[0] not in ("cw", "in"):
        raise ValueError(f"{subject!r} is not an input subject")
    return parts[0], shard_id(parts[1]), feed_id(parts[2]), part(parts[3])


# -- between processes ------------------------------------------------------------------------------------------------


def samples(partition: int) -> str:
    """Subject of the batches (the engine's journal) of one worker partition."""
    return f"smp.{int(partition)}"


def alarm_event(shard: str) -> str:
    return f"ev.alarm.{shard_id(shard)}"


def external_alarm_event(shard: str) -> str:
    return f"ev.external.{shard_id(shard)}"


def unknown_tags_event(shard: str) -> str:
    return f"ev.unknown.{shard_id(shard)}"


def act_event(noun: str, verb: str) -> str:
    """Subject of what an act announces through the outbox: `ev.act.alarm.acknowledge`."""
    return f"ev.act.{part(noun)}.{part(verb)}"


def feed_config(feed: str) -> str:
    return f"cfg.feed.{feed_id(feed)}"


def tags_config(feed: str, page: int) -> str:
    return f"cfg.tags.{feed_id(feed)}.{int(page)}"


def credential_config(credential: str) -> str:
    return f"cfg.credential.{part(credential)}"


def user_config(user: int | str) -> str:
    return f"cfg.user.{part(str(user))}"


def beat(name: str, pid: int) -> str:
    return f"sys.beat.{part(name)}.{int(pid)}"


def health(feed: str) -> str:
    return f"health.{feed_id(feed)}"


def echo(feed: str) -> str:
    return f"echo.{feed_id(feed)}"


def session_revoked(user: int | str) -> str:
    return f"session.revoked.{part(str(user))}"
