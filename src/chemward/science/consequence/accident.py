"""The input of a consequence run: what leaks, how, where, in what weather."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import msgspec

from chemward.science.faults import Fault
from chemward.science.inputs import number

Positive = Annotated[float, number("-", gt=0)]
Stability = Literal["A", "B", "C", "D", "E", "F"]
Surface = Literal["concrete", "soil", "sand", "gravel", "grass", "water"]
Phase = Literal["auto", "liquid", "gas"]
Direction = Literal["horizontal", "vertical"]
Hole = Literal["sharp", "short_pipe", "rounded", "unknown"]


class Component(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A component of a mixture: substance by CAS, Chinese or English name."""

    substance: Annotated[str, msgspec.Meta(min_length=1)]
    mole_fraction: Annotated[float, number("mol/mol", gt=0, le=1)]


class Vessel(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands under pressure. pressure_kpa is absolute; left out, it is the vapour pressure of the content, at least the air's."""

    volume_m3: Annotated[float, number("m3", "volume of the vessel", gt=0, le=500_000)]
    temperature_c: Annotated[float, number("degC", "temperature of the content", ge=-270, le=600)]
    pressure_kpa: Annotated[float, number("kPa", "absolute pressure", gt=0, le=100_000)] | None = None
    fill: Annotated[float, number("-", "share of the volume that is liquid", ge=0, le=1)] = 0.85
    height_m: Annotated[float, number("m", "inner height of the vessel", gt=0, le=100)] | None = None


class HoleRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="hole"):
    """A hole in a vessel or in equipment connected to it."""

    vessel: Vessel
    hole_mm: Annotated[float, number("mm", "diameter of the hole", gt=0, le=2000)]
    phase: Phase = "auto"
    opening: Hole = "sharp"
    liquid_head_m: Annotated[float, number("m", "liquid above the hole", ge=0, le=100)] | None = None
    height_m: Annotated[float, number("m", "hole above ground", ge=0, le=200)] = 1.0
    direction: Direction = "horizontal"
    stopped_after_s: Annotated[float, number("s", "time until the leak is found and shut off", gt=0, le=86_400)] = 3600.0


class PipeRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pipe"):
    """Rupture of a pipe fed from a vessel, over its full bore."""

    vessel: Vessel
    diameter_mm: Annotated[float, number("mm", "inner diameter of the pipe", gt=0, le=2000)]
    length_m: Annotated[float, number("m", "pipe between vessel and rupture", ge=0, le=100_000)]
    phase: Phase = "auto"
    height_m: Annotated[float, number("m", "rupture above ground", ge=0, le=200)] = 1.0
    direction: Direction = "horizontal"
    stopped_after_s: Annotated[float, number("s", "time until the leak is found and shut off", gt=0, le=86_400)] = 3600.0


class Rupture(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rupture"):
    """A vessel that gives way all at once."""

    vessel: Vessel


class RateRelease(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="rate"):
    """A known release: how much a second, for how long."""

    rate_kg_s: Annotated[float, number("kg/s", gt=0, le=100_000)]
    duration_s: Annotated[float, number("s", gt=0, le=86_400)]
    temperature_c: Annotated[float, number("degC", "temperature of what comes out", ge=-270, le=1500)] | None = None
    state: Literal["gas", "liquid"] = "gas"
    drops: Annotated[float, number("-", "share of the mass that is carried as drops", ge=0, lt=1)] = 0.0
    velocity_m_s: Annotated[float, number("m/s", ge=0, le=2000)] = 0.0
    height_m: Annotated[float, number("m", ge=0, le=200)] = 1.0
    direction: Direction = "horizontal"


class Bund(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What holds a spill together."""

    area_m2: Annotated[float, number("m2", gt=0, le=1_000_000)]


class AccidentWeather(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Weather of the accident. wind_from_deg: where the wind comes from, 0 north, 90 east."""

    wind_m_s: Annotated[float, number("m/s", "wind at 10 m", ge=0, le=50)]
    stability: Stability
    wind_from_deg: Annotated[float, number("deg", ge=0, le=360)] = 0.0
    temperature_c: Annotated[float, number("degC", ge=-60, le=60)] = 20.0
    humidity: Annotated[float, number("-", "relative humidity", ge=0, le=1)] = 0.7
    pressure_kpa: Annotated[float, number("kPa", ge=50, le=110)] = 101.325
    roughness_m: Annotated[float, number("m", ge=1e-5, le=3)] = 0.3
    is_urban: bool = False


class Congestion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a cloud would be squeezed between equipment: without it no explosion is reckoned with pressure."""

    volume_m3: Annotated[float, number("m3", "free volume of the congested region", gt=0, le=1_000_000)]
    charge_strength: Annotated[int, number("-", "multi-energy strength", ge=1, le=10)] = 7
    at_m: Annotated[float, number("m", "its distance downwind of the release", ge=0, le=20_000)] | None = None


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where it happens: site plane (x east, y north) or longitude and latitude; results come in the same."""

    x_m: Annotated[float, number("m")] = 0.0
    y_m: Annotated[float, number("m")] = 0.0
    lon_deg: Annotated[float, number("deg", ge=-180, le=180)] | None = None
    lat_deg: Annotated[float, number("deg", ge=-85, le=85)] | None = None

    def check(self, at: str) -> Iterator[Fault]:
        """Longitude and latitude come together."""
        if (self.lon_deg is None) != (self.lat_deg is None):
            missing = "lat_deg" if self.lat_deg is None else "lon_deg"
            yield Fault(f"{at}.{missing}".lstrip("."), "is missing", "give longitude and latitude together, or neither")


class Sets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Named sets of figures. The preset "aqt3046" is the regulatory one of AQ/T 3046-2013."""

    preset: Literal["science", "aqt3046"] = "science"
    sigma: str | None = None
    toxic_probit: str | None = None


class Accident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One accident. Either `substance` or `mixture`; everything else has the default that its type shows."""

    release: HoleRelease | PipeRelease | Rupture | RateRelease
    weather: AccidentWeather
    substance: str | None = None
    mixture: list[Component] = []
    surface: Surface = "concrete"
    bund: Bund | None = None
    congestion: Congestion | None = None
    place: Place = Place()
    sets: Sets = Sets()
    exposure_s: Annotated[float, number("s", "how long people are exposed at most", gt=0, le=3600)] = 1800.0
    averaging_s: Annotated[float, number("s", "averaging time of concentrations", gt=0, le=3600)] = 600.0
    air_changes_per_h: Annotated[float, number("1/h", "of buildings", ge=0, le=20)] = 1.0
    with_band: bool = True

    def check(self, at: str) -> Iterator[Fault]:
        """One substance or a whole mixture."""
        if (self.substance is None) == (not self.mixture):
            yield Fault(
                _join(at, "substance"),
                "and mixture: exactly one of them is needed",
                "give a substance, or the components of a mixture",
            )
        total = sum(component.mole_fraction for component in self.mixture)
        if self.mixture and abs(total - 1) > 1e-3:
            yield Fault(_join(at, "mixture"), f"adds up to {total:g} mol/mol", "give mole fractions that add up to 1")


def _join(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
