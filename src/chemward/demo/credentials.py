"""The secrets of the demo's gateways: written once by seeding (file mode 0600), read by the simulator."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from chemward.telemetry.installation import Installation


class NotSeeded(Exception):
    """The data folder holds no demo park."""


@dataclass(frozen=True)
class GatewayCredential:
    """With what a gateway of the demo comes in. feed, shard: as the platform named them; user: credential id."""

    key: str  # of the feed in the plan
    feed: str
    shard: str
    user: str
    secret: str


@dataclass(frozen=True)
class DemoFile:
    """What seeding leaves for the simulator."""

    seed: int
    gateways: tuple[GatewayCredential, ...]


def path(installation: Installation) -> Path:
    return installation.data / "demo-feeds.json"


def write(installation: Installation, demo: DemoFile) -> None:
    target = path(installation)
    temporary = target.with_suffix(f".{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as f:
        json.dump({"seed": demo.seed, "gateways": [asdict(g) for g in demo.gateways]}, f, indent=1)
        f.flush()
        os.fsync(f.fileno())
    os.replace(temporary, target)


def read(installation: Installation) -> DemoFile:
    """NotSeeded when the demo park was not set up here."""
    try:
        kept = json.loads(path(installation).read_text("utf-8"))
    except FileNotFoundError as missing:
        raise NotSeeded(f"{path(installation)} is missing; set the demo park up with `chemward setup --demo`") from missing
    return DemoFile(int(kept["seed"]), tuple(GatewayCredential(**g) for g in kept["gateways"]))
