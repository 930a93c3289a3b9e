"""Listens to the beats of a running instance, in a thread of its own."""

from __future__ import annotations

import asyncio
import json
import threading
import time

from chemward.telemetry.bus import client, subjects
from chemward.telemetry.installation import Installation


class BeatWatch:
    """When each process (name, pid) was first heard, by the monotonic clock [s]."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._listen()), daemon=True)
        self.first_heard: dict[tuple[str, int], float] = {}

    def __enter__(self) -> BeatWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    async def _listen(self) -> None:
        nc = await client.connect(self._installation, "beat-watch")

        async def heard(message: object) -> None:
            beat = json.loads(message.data)  # type: ignore[attr-defined]
            self.first_heard.setdefault((beat["name"], beat["pid"]), time.monotonic())

        await nc.subscribe(subjects.ALL_BEATS, cb=heard)
        while not self._stop.is_set():
            await asyncio.sleep(0.1)
        await nc.close()
