"""`chemward qra run`: an input, its risk, and the files of the answer. The same input gives the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from chemward.science.notes import Note, info, warning
from chemward.science.risk import contours, curve
from chemward.science.risk.analysis import Analysis, analyse, sets_of
from chemward.science.risk.distance import external_distances
from chemward.science.risk.missing import Gaps
from chemward.science.risk.points import contributions_at
from chemward.science.risk.result import Contributor, Place, QraResult, Summary, Verdict
from chemward.science.risk.schema import ProtectedTarget, QraInput
from chemward.standards import gb36894

Doubles = NDArray[np.float64]

MODEL = "chemward QRA 1"
MOST_ESCALATIONS = 500  # the most frequent are listed; all count in the risk

__all__ = ["QraInput", "QraResult", "run"]


def run(given: QraInput, out: Path | None = None, threads: int | None = None) -> QraResult:
    """The risk of a park; raster, contours, F-N curve and the answer itself are written into the folder `out`. threads [-].

    Raises Faults that name every field that cannot be used. Source: AQ/T 3046-2013; GB 36894-2018; GB/T 37243-2019; CPR 18E.
    """
    gaps = Gaps()
    sets = sets_of(given, gaps)
    done = analyse(given, sets, gaps, threads)
    result = _result(done, sets, gaps)
    if out is not None:
        result = msgspec.structs.replace(result, files=write(done, result, Path(out)))
    return result


def fingerprint(given: QraInput) -> str:
    """SHA-256 of an input in canonical form: keys sorted, no blanks, defaults written out."""
    text = json.dumps(msgspec.to_builtins(given), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _result(done: Analysis, sets: dict[str, str], gaps: Gaps) -> QraResult:
    given, risk, raster = done.given, done.individual, done.raster
    points = curve.fn_points(curve.curve(done.bins, done.setting.edges), done.setting.edges)
    distances = external_distances(given, risk, raster, sets["criteria"], gaps)
    asked = [(t.x_m, t.y_m) for t in given.targets] + [(float(x), float(y)) for x, y in given.options.points]
    places = [_place(*spot, row, done) for spot, row in zip(asked, _shares(asked, done), strict=True)]
    verdicts = [_verdict(target, place, done, sets["criteria"]) for target, place in zip(given.targets, places, strict=False)]
    return QraResult(
        name=given.name,
        input_sha256=fingerprint(given),
        model=MODEL,
        sets=sets,
        missing=list(gaps.found()),
        weather=done.rules.climate.record,
        summary=_summary(done),
        verdicts=verdicts,
        societal=curve.societal(points),
        fn_curve=points,
        contours=contours.contours(risk, raster, contours.levels(sets["criteria"])),
        contributors=_ranked_by_deaths(done),
        places=places[len(given.targets) :],
        external_distance=distances,
        escalations=sorted(done.escalations, key=lambda e: (-e.frequency_per_year, e.primary, e.target))[:MOST_ESCALATIONS],
        notes=list(_notes(done)),
        files=[],
        losses=[_row(name, loss) for name, loss in done.scenarios.losses.items()],
    )


def _row(name: str, loss: Any) -> dict[str, Any]:
    return {
        "scenario": name,
        "frequency_per_year": loss.frequency,
        "hole_mm": loss.hole * 1000,
        "rate_kg_s": loss.rate,
        "duration_s": None if loss.is_instantaneous else loss.duration,
        "mass_kg": loss.mass if loss.is_instantaneous else min(loss.mass, loss.rate * loss.duration),
        "airborne": loss.airborne,
        "source": loss.source,
    }


def _summary(done: Analysis) -> Summary:
    found = done.scenarios
    return Summary(
        len(done.given.equipment),
        len(found.sites),
        len(found.losses),
        len(found.events),
        found.dropped,
        float(done.individual.max()),
        done.expected_deaths,
    )


def _ranked(names: Iterable[str], values: Doubles, most: int) -> list[Contributor]:
    sums: dict[str, float] = {}
    for name, value in zip(names, values, strict=True):
        sums[name] = sums.get(name, 0.0) + float(value)
    whole = sum(sums.values())
    ranked = sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))[:most]
    return [Contributor(name, value, value / whole) for name, value in ranked if value > 0]


def _ranked_by_deaths(done: Analysis) -> dict[str, list[Contributor]]:
    events, most = done.scenarios.events, done.given.options.contributors
    return {
        "scenarios": _ranked((e.scenario for e in events), done.expected, most),
        "units": _ranked((e.unit for e in events), done.expected, most),
        "enterprises": _ranked(
            (done.scenarios.losses[e.scenario].equipment.enterprise or "-" for e in events), done.expected, most
        ),
        "outcomes": _ranked((e.outcome for e in events), done.expected, most),
    }


def _shares(asked: list[tuple[float, float]], done: Analysis) -> Doubles:
    return contributions_at(done.scenarios.events, done.sites, np.asarray(asked, float), done.setting)


def _place(x: float, y: float, found: Doubles, done: Analysis) -> Place:
    events, most = done.scenarios.events, done.given.options.contributors
    scenarios, units = (_ranked((getattr(e, name) for e in events), found, most) for name in ("scenario", "unit"))
    return Place(x, y, float(found.sum()), scenarios, units)


def _verdict(target: ProtectedTarget, place: Place, done: Analysis, criteria: str) -> Verdict:
    limit = gb36894.limit(target.target, done.given.options.situation, criteria)
    away = contours.clearance(done.individual, done.raster, limit, target.x_m, target.y_m)
    return Verdict(
        target.id,
        target.target,
        place.individual_risk_per_year,
        limit,
        place.individual_risk_per_year <= limit,
        away,
        place.scenarios[:5],
        f"{criteria} 4.1",
    )


def _notes(done: Analysis) -> Iterable[Note]:
    yield info(
        "individual_risk", "of a person always outdoors at the place, 1 m above ground", "GB 36894-2018 2.1; AQ/T 3046-2013 11.2"
    )
    yield info("passive_clouds", "clouds are Gaussian plumes and puffs in every weather", "AQ/T 3046-2013 E.6 to E.8")
    yield warning(
        "dense_gas", "heavier-than-air behaviour near the source is not followed: use a consequence run for single clouds"
    )
    yield warning("obstacles_not_modelled", "terrain, buildings and fences are not modelled")
    yield info(
        "fires", "fires radiate as from a point, the flame turned to the worst side in a wind of 5 m/s", "AQ/T 3046-2013 E.4"
    )
    if done.given.options.pencils:
        yield info("pencils", "wind blows along the middle of the sectors alone")
    if any(level.touches_rim for level in contours.contours(done.individual, done.raster, [1e-8])):
        yield warning("raster_too_small", "the contour of 1e-8 leaves the raster: enlarge the area")


def write(done: Analysis, result: QraResult, out: Path) -> list[str]:
    """Write raster, contours, F-N curve and answer into a folder; returns the names."""
    out.mkdir(parents=True, exist_ok=True)
    site = done.given.site
    has_origin = site.origin_longitude_deg is not None and site.origin_latitude_deg is not None
    origin = (site.origin_longitude_deg, site.origin_latitude_deg) if has_origin else None
    names = ["individual_risk.asc", "individual_risk.npz", "contours.geojson", "fn_curve.csv", "result.json"]
    (out / names[0]).write_text(ascii_grid(done), "ascii")
    np.savez(out / names[1], individual_risk_per_year=done.individual, x_m=done.raster.x, y_m=done.raster.y)
    (out / names[2]).write_bytes(contours.geojson(result.contours, origin))  # type: ignore[arg-type]
    rows = ["deaths,frequency_per_year,zone", *(f"{p.deaths:g},{p.frequency_per_year:.6e},{p.zone}" for p in result.fn_curve)]
    (out / names[3]).write_text("\n".join(rows) + "\n", "utf-8")
    from chemward.science.commands import encode

    (out / names[4]).write_bytes(encode(msgspec.structs.replace(result, files=names)))
    return names


def ascii_grid(done: Analysis) -> str:
    """The raster as an ESRI ASCII grid, north up, in metres of the site's plane [1/a]."""
    raster = done.raster
    head = [
        f"ncols {raster.columns}",
        f"nrows {raster.rows}",
        f"xllcorner {raster.west:g}",
        f"yllcorner {raster.south:g}",
        f"cellsize {raster.cell:g}",
        "NODATA_value -1",
    ]
    return "\n".join([*head, *(" ".join(f"{v:.4e}" for v in row) for row in done.individual[::-1])]) + "\n"
