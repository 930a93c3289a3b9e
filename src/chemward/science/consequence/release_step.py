"""First step of the chain: what comes out, in which state, how fast, for how long."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import pi, sqrt

from chemward.science.consequence.accident import Accident, HoleRelease, PipeRelease, RateRelease, Rupture, Vessel
from chemward.science.consequence.result import Series, Step
from chemward.science.constants import kelvin
from chemward.science.faults import Fault, Faults, refuse
from chemward.science.notes import Note, info, warning
from chemward.science.release.checks import Opening, area_of, discharge_coefficient
from chemward.science.release.flash import airborne_fraction, boiling_temperature, expand, flash_fraction, mixture_density
from chemward.science.release.gas import gas_hole
from chemward.science.release.liquid import liquid_rate
from chemward.science.release.pipe import gas_pipe, liquid_pipe
from chemward.science.release.source import Source
from chemward.science.release.two_phase import relaxing
from chemward.science.substances import Substance

WALL = 0.01  # m, flow path of a hole in a wall: short against the 0.1 m in which a boiling liquid comes to equilibrium
LEAST_RATE = 1e-9  # kg/s
OPENINGS: dict[str, Opening] = {"sharp": "sharp", "short_pipe": "short pipe", "rounded": "rounded", "unknown": "unknown"}


@dataclass(frozen=True)
class Content:
    """What is in a vessel: temperature [K], pressure [Pa], boiling [K] at the air's pressure, liquid and gas [kg], state of what leaves."""

    temperature: float
    pressure: float
    boiling: float | None
    liquid: float
    gas: float

    @property
    def mass(self) -> float:
        """Liquid and gas [kg]."""
        return self.liquid + self.gas


@dataclass(frozen=True)
class Released:
    """What leaves: phase; airborne: the source in the air, None when all falls to the ground; to_ground: rate [kg/s] and mass [kg] of
    liquid that makes a pool; duration [s]; content of the vessel, None when the rate was given; temperature [K] of the liquid on the ground."""

    phase: str
    airborne: Source | None
    ground_rate: float
    ground_mass: float
    ground_temperature: float
    duration: float
    content: Content | None
    step: Step
    series: Series
    notes: tuple[Note, ...] = field(default=())


def content_of(vessel: Vessel, substance: Substance, ambient: float) -> Content:
    """What the vessel holds, at the pressure given or its own vapour pressure, at least that of the air, ambient [Pa]. Raises Faults."""
    temperature = kelvin(vessel.temperature_c)
    critical = substance.critical_temperature
    is_liquid = vessel.fill > 0 and (critical is None or temperature < critical)
    if vessel.fill > 0 and not is_liquid:
        raise Faults(
            [
                Fault(
                    "release.vessel.fill",
                    f"is {vessel.fill:g} above the critical temperature {critical:.1f} K",
                    "give 0: there is no liquid",
                )
            ]
        )
    own = float(substance.vapour_pressure(temperature)) if is_liquid else None
    pressure = vessel.pressure_kpa * 1e3 if vessel.pressure_kpa is not None else max(own or ambient, ambient)
    if own is not None and pressure < 0.99 * own:
        raise Faults(
            [
                Fault(
                    "release.vessel.pressure_kpa",
                    f"is {pressure / 1e3:g} kPa, below the vapour pressure {own / 1e3:.1f} kPa at {vessel.temperature_c:g} degC",
                    "give at least that, or leave it out",
                )
            ]
        )
    density = float(substance.liquid_density(temperature)) if is_liquid else 0.0
    gas = substance.gas_density(temperature, pressure) * vessel.volume_m3 * (1 - vessel.fill)
    boiling = boiling_temperature(substance, ambient) if is_liquid else None
    return Content(temperature, pressure, boiling, density * vessel.volume_m3 * vessel.fill, gas)


def release_step(accident: Accident, substance: Substance, ambient: float) -> Released:
    """The release of an accident; ambient [Pa]. Raises Faults naming the fields of the accident."""
    release = accident.release
    if isinstance(release, RateRelease):
        return _given(release, substance, ambient)
    content = content_of(release.vessel, substance, ambient)
    if isinstance(release, Rupture):
        return _rupture(release, substance, content, ambient)
    phase = _phase(release, content)
    if phase == "gas":
        return _gas(release, substance, content, ambient)
    if content.boiling is not None and content.temperature > content.boiling:
        return _flashing(release, substance, content, ambient)
    return _liquid(release, substance, content, ambient)


def _phase(release: HoleRelease | PipeRelease, content: Content) -> str:
    if release.phase == "auto":
        return "liquid" if content.liquid > 0 else "gas"
    if release.phase == "liquid" and content.liquid <= 0:
        raise Faults([Fault("release.phase", "is liquid, but the vessel holds none", "give fill above 0, or phase gas")])
    return release.phase


def _head(release: HoleRelease | PipeRelease) -> float:
    """Liquid above the opening [m]: as given, else the level in an upright vessel as high as given, or as wide as high."""
    if isinstance(release, HoleRelease) and release.liquid_head_m is not None:
        return release.liquid_head_m
    vessel = release.vessel
    height = vessel.height_m or (4 * vessel.volume_m3 / pi) ** (1 / 3)
    return height * vessel.fill


def _duration(rate: float, mass: float, stopped: float) -> float:
    """Until it is stopped, the vessel is empty or an hour has gone [s]. Source: AQ/T 3046-2013 9.2.6."""
    return min(stopped, mass / max(rate, LEAST_RATE), 3600.0)


def _gas(release: HoleRelease | PipeRelease, substance: Substance, content: Content, ambient: float) -> Released:
    if isinstance(release, PipeRelease) and release.length_m > 0:
        flow = gas_pipe(
            substance,
            content.pressure,
            content.temperature,
            release.diameter_mm / 1e3,
            release.length_m,
            ambient_pressure=ambient,
        )
        model, because = "gas in a pipe", "full bore of a pipe: friction along it (adiabatic, Fanno)"
    else:
        flow = gas_hole(substance, content.pressure, content.temperature, _diameter(release), ambient_pressure=ambient)
        model, because = "gas through a hole", "the vessel's gas space feeds the opening"
    available = content.gas if content.liquid <= 0 else content.mass
    duration = _duration(flow.rate, available, release.stopped_after_s)
    jet = expand(
        substance,
        flow.rate,
        pressure_exit=flow.pressure,
        temperature_exit=flow.temperature,
        velocity_exit=flow.velocity,
        vapour_fraction=1.0,
        exit_area=flow.area,
        ambient_pressure=ambient,
    )
    source = Source(
        "jet",
        substance,
        rate=flow.rate,
        duration=duration,
        height=release.height_m,
        radius=jet.radius,
        velocity=jet.velocity,
        direction=release.direction,
        temperature=jet.temperature,
        liquid_fraction=jet.liquid_fraction,
    )
    notes = (*flow.notes, *jet.notes, _steady_note(flow.rate * duration, available))
    found = {"rate_kg_s": flow.rate, "duration_s": duration, "velocity_m_s": jet.velocity, "temperature_k": jet.temperature}
    return _released("gas", source, 0.0, 0.0, content.temperature, duration, content, model, because, found, notes)


def _steady_note(out: float, available: float) -> Note:
    if out > 0.2 * available:
        return warning(
            "falling_rate", "the rate at the start is kept; in truth it falls as the vessel empties", "AQ/T 3046-2013 9.2"
        )
    return info("steady_rate", "the rate at the start is kept", "AQ/T 3046-2013 9.2")


def _liquid(release: HoleRelease | PipeRelease, substance: Substance, content: Content, ambient: float) -> Released:
    density = float(substance.liquid_density(content.temperature))
    if isinstance(release, PipeRelease) and release.length_m > 0:
        viscosity = float(substance.liquid_viscosity(content.temperature))
        rate = liquid_pipe(
            density,
            viscosity,
            release.diameter_mm / 1e3,
            release.length_m,
            overpressure=content.pressure - ambient,
            fall=_head(release),
        )
        model, because = "liquid in a pipe", "full bore of a pipe: friction along it"
    else:
        coefficient = discharge_coefficient(OPENINGS[getattr(release, "opening", "sharp")])
        rate = liquid_rate(density, area_of(_diameter(release)), coefficient, content.pressure - ambient, _head(release))
        model, because = "liquid through a hole", "below its boiling point the liquid does not boil on its way out"
    if rate <= 0:
        raise Faults(
            [Fault("release.liquid_head_m", "and the pressure drive nothing out", "give a head or a pressure above the air's")]
        )
    duration = _duration(rate, content.liquid, release.stopped_after_s)
    return _released(
        "liquid",
        None,
        rate,
        rate * duration,
        content.temperature,
        duration,
        content,
        model,
        because,
        {"rate_kg_s": rate, "duration_s": duration, "temperature_k": content.temperature},
        (_steady_note(rate * duration, content.liquid),),
    )


def _flashing(release: HoleRelease | PipeRelease, substance: Substance, content: Content, ambient: float) -> Released:
    path = WALL if isinstance(release, HoleRelease) else max(release.length_m, WALL)
    coefficient = discharge_coefficient(OPENINGS[getattr(release, "opening", "sharp")])
    throat = relaxing(substance, content.pressure, content.temperature, path, coefficient=coefficient, ambient_pressure=ambient)
    area = area_of(_diameter(release))
    rate = throat.flux * area
    duration = _duration(rate, content.mass, release.stopped_after_s)
    # Enthalpy is that of the vessel: what boils behind the opening boils out of the liquid as it stood there.
    jet = expand(
        substance,
        rate,
        pressure_exit=throat.pressure,
        temperature_exit=content.temperature,
        velocity_exit=throat.flux / mixture_density(substance, throat.temperature, throat.quality, throat.pressure),
        vapour_fraction=0.0,
        exit_area=area,
        ambient_pressure=ambient,
    )
    vapour = 1 - jet.liquid_fraction
    airborne = airborne_fraction(vapour)
    source = None
    if airborne > 0:
        source = Source(
            "jet",
            substance,
            rate=rate * airborne,
            duration=duration,
            height=release.height_m,
            radius=jet.radius,
            velocity=jet.velocity,
            direction=release.direction,
            temperature=jet.temperature,
            liquid_fraction=max(1 - vapour / airborne, 0.0),
        )
    found = {
        "rate_kg_s": rate,
        "duration_s": duration,
        "vapour_fraction": vapour,
        "airborne_fraction": airborne,
        "velocity_m_s": jet.velocity,
        "temperature_k": jet.temperature,
    }
    because = "a liquid above its boiling point: it boils in the opening or just outside; up to five times its vapour stays in the air as mist"
    left = rate * (1 - airborne)
    return _released(
        "flashing",
        source,
        left,
        left * duration,
        content.boiling or content.temperature,
        duration,
        content,
        "boiling liquid through an opening",
        because,
        found,
        (*jet.notes, _steady_note(rate * duration, content.mass)),
    )


def _rupture(release: Rupture, substance: Substance, content: Content, ambient: float) -> Released:
    flashed = flash_fraction(substance, content.temperature, ambient) if content.liquid > 0 else 0.0
    share = airborne_fraction(flashed)
    mass = content.gas + share * content.liquid
    ground = (1 - share) * content.liquid
    temperature = min(content.boiling, content.temperature) if content.boiling else content.temperature
    source = None
    if mass > 0 and (flashed > 0 or content.pressure > 1.2 * ambient):
        liquid_fraction = (share - flashed) * content.liquid / mass
        density = substance.gas_density(temperature, ambient)
        volume = mass * (1 - liquid_fraction) / density
        source = Source(
            "instantaneous",
            substance,
            mass=mass,
            height=0.0,
            radius=(1.5 * volume / pi) ** (1 / 3),
            temperature=temperature,
            liquid_fraction=liquid_fraction,
        )
    else:
        ground += 0.0 if content.liquid <= 0 else min(mass - content.gas, 0.0)
    found = {"mass_kg": content.mass, "flash_fraction": flashed, "airborne_kg": mass if source else 0.0, "to_ground_kg": ground}
    because = "the vessel gives way at once: what flashes and its mist stay in the air, the rest falls to the ground"
    return _released("rupture", source, 0.0, ground, temperature, 1.0, content, "sudden loss of all content", because, found, ())


def _given(release: RateRelease, substance: Substance, ambient: float) -> Released:
    boiling = (
        boiling_temperature(substance, ambient) if substance.boiling_point or "vapour_pressure" in substance.curves else None
    )
    boiled = boiling if release.drops > 0 and boiling else max(boiling or 0.0, 293.15)
    default = 293.15 if release.state == "liquid" else boiled
    temperature = kelvin(release.temperature_c) if release.temperature_c is not None else default
    found = {"rate_kg_s": release.rate_kg_s, "duration_s": release.duration_s, "temperature_k": temperature}
    mass = release.rate_kg_s * release.duration_s
    if release.state == "liquid":
        return _released(
            "liquid",
            None,
            release.rate_kg_s,
            mass,
            temperature,
            release.duration_s,
            None,
            "given",
            "the rate was given",
            found,
            (),
        )
    fraction = release.drops
    density = substance.gas_density(temperature, ambient)
    velocity = max(release.velocity_m_s, 0.1)
    source = Source(
        "jet",
        substance,
        rate=release.rate_kg_s,
        duration=release.duration_s,
        height=release.height_m,
        radius=sqrt(release.rate_kg_s * (1 - fraction) / (pi * density * velocity)) if release.velocity_m_s > 0 else 0.5,
        velocity=release.velocity_m_s,
        direction=release.direction,
        temperature=temperature,
        liquid_fraction=fraction,
    )
    return _released("gas", source, 0.0, 0.0, temperature, release.duration_s, None, "given", "the rate was given", found, ())


def _diameter(release: HoleRelease | PipeRelease) -> float:
    return (release.hole_mm if isinstance(release, HoleRelease) else release.diameter_mm) / 1e3


def _released(
    phase: str,
    airborne: Source | None,
    ground_rate: float,
    ground_mass: float,
    ground_temperature: float,
    duration: float,
    content: Content | None,
    model: str,
    because: str,
    found: dict[str, float],
    notes: tuple[Note, ...],
) -> Released:
    rate = found.get("rate_kg_s", (content.mass if content else 0.0) / duration)
    series = Series(times_s=[0.0, duration], rates_kg_s=[rate, rate])
    refuse([Fault("release", "gives nothing", "give a vessel with content, or a rate")] if rate <= 0 else [])
    step = Step("release", model, because, found, list(notes))
    return Released(phase, airborne, ground_rate, ground_mass, ground_temperature, duration, content, step, series)
