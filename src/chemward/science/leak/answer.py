"""What leak location answers."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from chemward.science.inputs import number
from chemward.science.notes import Note

Metres = Annotated[float, number("m")]
Share = Annotated[float, number("-", ge=0, le=1)]
Rate = Annotated[float, number("kg/s")]


class Place(msgspec.Struct, frozen=True):
    """The best guess of where: the place whose expected miss is least. equipment: the unit it stands at, null between the units."""

    x_m: Metres
    y_m: Metres
    equipment: str | None
    expected_miss_m: Annotated[float, number("m", "mean distance to the leak by the posterior")]


class Amount(msgspec.Struct, frozen=True):
    """How much leaks while it leaks: median and the ends of the 90 % interval."""

    median_kg_s: Rate
    low_kg_s: Rate
    high_kg_s: Rate


class Region(msgspec.Struct, frozen=True):
    """The smallest region that holds the leak with this probability.

    rings: closed rings of corners [x, y], outer counter-clockwise, holes clockwise; a place is inside by the even-odd rule.
    """

    probability: Share
    area_m2: Annotated[float, number("m2")]
    area_share: Annotated[float, number("-", "of the site", ge=0, le=1)]
    rings: list[list[tuple[Metres, Metres]]]


class Suspect(msgspec.Struct, frozen=True):
    """A unit, or null for any place between the units, with its probability."""

    equipment: str | None
    probability: Share


class Advice(msgspec.Struct, frozen=True):
    """Where one more reading of one averaging time, in the last wind, is expected to tell most about the place."""

    x_m: Metres
    y_m: Metres
    z_m: Metres
    expected_gain_bits: Annotated[float, number("bit")]


class Assumptions(msgspec.Struct, frozen=True):
    """What the answer rests on, in the mean of the posterior."""

    dispersion_sets: list[str]
    wind_offset_deg: Annotated[float, number("deg", "the vane reads this much too low")]
    width_factor: Annotated[float, number("-", "true plume width over that of the set")]
    meander_deg: Annotated[float, number("deg")]
    background: Annotated[float, number("ppm or mg/m3", "as readings_unit says")]


class LeakResult(msgspec.Struct, frozen=True):
    """Where and how much is leaking, and how sure that is.

    status "located": position, rate and regions hold. "not_identifiable": something may leak, the record does not say where; what
    stands in position and regions is the best that can be said, null when there is nothing. "no_source": nothing above
    smallest_rate_kg_s leaks where the detectors could see it.
    """

    status: Literal["located", "not_identifiable", "no_source"]
    reasons: list[str]
    position: Place | None
    rate: Amount | None
    runner_up: Suspect | None
    suspects: list[Suspect]
    regions: list[Region]
    next_reading: Advice | None
    probability_of_source: Share
    assumptions: Assumptions | None
    notes: list[Note]
