"""The Tennessee Eastman process (Downs and Vogel 1993) as one unit of the demo park.

The plant and Ricker's decentralised control come from `tep-studio` (modified kernel of Bathelt, Ricker and Jelali 2015), loaded only
here and only when asked for. When the plant trips it stands still for a while and is then started again at its base state.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np

from chemward.demo.noise import Float

STEP_H = 0.0005  # design step of the model [h], 1.8 s
STEP_S = STEP_H * 3600
MEASUREMENTS, MANIPULATED, DISTURBANCES = 41, 12, 20
TRIPPED_FOR_S = 600.0
MAX_CATCH_UP_S = 600.0


class TennesseeEastman:
    """The running unit. `values`: 41 XMEAS then 12 XMV, in the units of the model; NaN while tripped."""

    def __init__(self, seed: int, start_s: float) -> None:
        """ImportError when `tep-studio` (extra `demo`) is not installed."""
        from tep_studio import RickerMultiLoopController, TennesseeEastmanProcess

        self._plant: Any = TennesseeEastmanProcess()
        self._new_controller = RickerMultiLoopController
        self._seed = float(1 + seed % 1_000_000)
        self._clock_s = start_s
        self._start()

    def _start(self) -> None:
        self._measured, _ = self._plant.reset(seed=self._seed)
        self._controller: Any = self._new_controller()
        self._controller.reset(self._measured, time=0.0)
        self._moved = np.asarray(self._plant.state[38:50], dtype=np.float64)
        self._owed_s = 0.0
        self._tripped_at: float | None = None

    @property
    def values(self) -> Float:
        if self._tripped_at is not None:
            return np.full(MEASUREMENTS + MANIPULATED, np.nan)
        return np.concatenate([self._measured, self._moved])

    @property
    def is_tripped(self) -> bool:
        return self._tripped_at is not None

    def advance(self, to_s: float, disturbances: Collection[int] = (), speed: float = 1.0) -> Float:
        """Runs the plant to `to_s` [s] with the disturbances (numbers 1–20) on; `speed` plant seconds per second."""
        for number in disturbances:
            if not 1 <= number <= DISTURBANCES:
                raise ValueError(f"IDV({number}): the published disturbances are 1 to {DISTURBANCES}")
        elapsed = min(max(0.0, to_s - self._clock_s), MAX_CATCH_UP_S)
        self._clock_s = max(self._clock_s, to_s)
        if self._tripped_at is not None:
            if to_s - self._tripped_at < TRIPPED_FOR_S:
                return self.values
            self._start()
        vector = np.zeros(28)
        vector[[n - 1 for n in disturbances]] = 1.0
        self._owed_s += elapsed * speed
        while self._owed_s >= STEP_S and self._tripped_at is None:
            self._owed_s -= STEP_S
            self._step(vector, to_s)
        return self.values

    def _step(self, disturbances: Float, now_s: float) -> None:
        action, _ = self._controller.compute_action(self._measured, time=self._plant.time)
        result = self._plant.advance(action, control_interval=STEP_H, disturbances=disturbances)
        self._measured, self._moved = result.measurements, result.implemented_action
        if result.shutdown_status["terminated"]:
            self._tripped_at = now_s
