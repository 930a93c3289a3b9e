"""Speed and error of the risk sums.

    python benchmarks/qra.py [--repeats 5] [--scenarios 2000] [--reference 300] [--quick]

A park drawn from a fixed seed: toxic plumes of six weathers (probits of slope 1.375 in ln C², reach of 50 m to some kilometres),
16 sectors of wind with constant density inside, 500 × 500 cells of 10 m, people on 625 squares of 200 m, out of doors and in.

shared      2,000 scenarios at 300 release points
own         every scenario at a release point of its own
linear      a quarter, a half, all of the scenarios: seconds each
what-if     one release point computed again, taken out of the sums and put back
cold        a fresh process, from its start to the first result, the cache of compiled code being there
error       against the sum over every scenario, weather and 352 directions at random cells with a risk above 1e-9

Times by the clock and by the processor, packing of the events and F-N curve included, the greatest memory of the process at the
end. Aims on two free cores: shared ≤ 1 s, own ≤ 2 s, what-if < 50 ms, cold < 5 s, median error ≤ 1 %, 95 % below 3 %, less than
1.5 GiB.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from chemward.science.risk.effects import Event, Layer, Plume
from chemward.science.risk.park import People, Raster, Setting, assess_kept, polar_risk, setting_for
from chemward.science.risk.rose import Rose

WEATHERS = ((0.16, 0.12, 4.0), (0.08, 0.06, 1.5), (0.08, 0.06, 4.0), (0.08, 0.06, 8.5), (0.06, 0.03, 4.0), (0.04, 0.016, 1.5))
"""Growth of the plume across and up [-], wind [m/s]: B, D, D, D, E, F."""
RASTER = Raster(0.0, 0.0, 10.0, 500, 500)
DISTANCES = np.geomspace(5.0, 20_000.0, 48)
SEED = 20_260


def cloud(strength: float, across: float, up: float, wind: float) -> Plume:
    """A Gaussian plume; strength in any unit, its probit is 1.375 ln C²."""
    wide, high = across * DISTANCES / np.sqrt(1 + 1e-4 * DISTANCES), up * DISTANCES / np.sqrt(1 + 1e-3 * DISTANCES)
    a = 1.375 * np.log(strength / (np.pi * wind * wide * high))
    keep = max(2, int((a > -10).sum()) + 1)
    return Plume(DISTANCES[:keep], np.maximum(a[:keep], -49.0), 1.375 / wide[:keep] ** 2)


def park(scenarios: int, points: int) -> tuple[list[Event], np.ndarray, Rose, People]:
    rng = np.random.default_rng(SEED)
    sites = rng.uniform(1000, 4000, (points, 2))
    events = []
    for i in range(scenarios):
        strength = float(np.exp(rng.normal(6.2, 2.4)))
        layer = Layer(tuple(cloud(strength, *weather) for weather in WEATHERS), 1.0, 1.0, 0.1)
        events.append(Event(i % points, float(10 ** rng.uniform(-7, -4.5)), (layer,)))
    x, y = np.meshgrid(np.arange(25) * 200 + 100.0, np.arange(25) * 200 + 100.0)
    places = np.stack([x.ravel(), y.ravel(), np.full(x.size, 200.0)], 1)
    heads = np.stack([rng.poisson(5, x.size), rng.poisson(40, x.size)], 1).astype(float)
    return events, sites, Rose(rng.dirichlet(np.ones(96)).reshape(1, 6, 16)), People(places, heads)


def timed(repeats: int, work: Callable[[], object]) -> list[tuple[float, float]]:
    work()
    found = []
    for _ in range(repeats):
        started, worked = time.perf_counter(), time.process_time()
        work()
        found.append((time.perf_counter() - started, time.process_time() - worked))
    return found


def told(name: str, found: list[tuple[float, float]], aim: float) -> None:
    seconds, worked = zip(*found, strict=True)
    spread = f"{min(seconds):.3f} … {max(seconds):.3f}"
    print(
        f"{name:28s} {statistics.median(seconds):8.3f} s   ({spread}; processor {statistics.median(worked):.3f} s; aim {aim:g} s)"
    )


def whole(events: list[Event], sites: np.ndarray, setting: Setting) -> float:
    risk, _ = assess_kept(events, sites, RASTER, setting)
    return float(risk.bins.sum())


def one_point(events: list[Event], sites: np.ndarray, setting: Setting) -> Callable[[], object]:
    risk, lattices = assess_kept(events, sites, RASTER, setting)
    own = [event for event in events if event.site == 0]

    def work() -> float:
        found = polar_risk(own, sites[:1], setting)
        for sign in (-1.0, 1.0):
            lattices.add(
                type(found)(found.sites, found.grid, found.tables * np.float32(sign), found.reach, found.bins, found.expected)
            )
        return float(lattices.raster_values().max() + risk.bins.sum())

    return work


def errors(events: list[Event], sites: np.ndarray, setting: Setting, cells: int) -> None:
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from tests.science.risk import brute

    risk, _ = assess_kept(events, sites, RASTER, setting)
    rng = np.random.default_rng(SEED + 1)
    rows, columns = rng.integers(0, RASTER.rows, cells), rng.integers(0, RASTER.columns, cells)
    expected = brute.individual_risk(events, sites, np.stack([RASTER.x[columns], RASTER.y[rows]], 1), setting.roses)
    alive = expected > 1e-9
    error = np.abs(risk.individual[rows, columns][alive] / expected[alive] - 1)
    print(
        f"{'error, 352 directions':28s} median {np.median(error):.2%}, 95 % {np.quantile(error, 0.95):.2%}, "
        f"greatest {error.max():.2%} at {alive.sum()} cells"
    )


def cold() -> float:
    code = "import benchmarks.qra as b; e, s, r, p = b.park(200, 30); b.whole(e, s, b.setting_for(e, s, r, b.RASTER, p))"
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - started


def children() -> float:
    """Processor time of the last fresh process [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = used.ru_utime + used.ru_stime
    before, children.seen = children.seen, spent
    return spent - before


children.seen = 0.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--repeats", type=int, default=5)
    arguments.add_argument("--scenarios", type=int, default=2000)
    arguments.add_argument("--reference", type=int, default=300, help="cells compared with the long way")
    arguments.add_argument("--quick", action="store_true", help="one repetition")
    given = arguments.parse_args()
    repeats = 1 if given.quick else given.repeats
    for name, points, aim in (("shared: 300 points", 300, 1.0), ("own: a point each", given.scenarios, 2.0)):
        events, sites, rose, people = park(given.scenarios, points)
        setting = setting_for(events, sites, rose, RASTER, people)
        told(name, timed(repeats, lambda e=events, s=sites, t=setting: whole(e, s, t)), aim)
        if points == 300:
            for part in (4, 2, 1):
                few = [event for i, event in enumerate(events) if i % part == 0]
                told(
                    f"linear: {len(few)} scenarios", timed(repeats, lambda e=few, s=sites, t=setting: whole(e, s, t)), 1.0 / part
                )
            told("what-if: one point", timed(max(repeats, 5), one_point(events, sites, setting)), 0.05)
            errors(events, sites, setting, given.reference)
    told("cold: fresh process", [(cold(), children()) for _ in range(repeats)], 5.0)
    print(f"{'memory':28s} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:8.2f} GiB   (aim 1.5 GiB)")


if __name__ == "__main__":
    main()
