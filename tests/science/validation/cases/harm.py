"""Harm against the check values of the standards."""

from __future__ import annotations

from chemward.science.harm import blast, heat
from chemward.science.harm.probit import probit_of
from chemward.science.harm.toxic import toxic_probit
from chemward.standards import probits
from tests.science.validation.case import Case

AQT = "AQ/T 3046-2013"


def _ppm(cas: str, molar_mass: float, set_id: str) -> float:
    probit = toxic_probit(cas, molar_mass, set_id)
    assert probit is not None
    return probit.concentration(0.5, 1800) * 8.314462618 * 298.15 / (molar_mass * 101_325) * 1e6


CASES: list[Case] = [
    *(
        Case(
            f"harm-probit-{share}",
            f"probit of {share:.1%}",
            f"{AQT} I.1 by the normal integral (99.6 and 99.7 % are misprinted)",
            "probit",
            "-",
            value,
            lambda s=share: probit_of(s),
            0.006,
            is_absolute=True,
        )
        for share, value in ((0.01, 2.67), (0.5, 5.0), (0.99, 7.33), (0.996, 7.65), (0.997, 7.75))
    ),
    *(
        Case(
            f"harm-toxic-{name}",
            f"{milligrams} mg/m3 of {name} for 30 min",
            f"{AQT} 10.2, I.2",
            "probit",
            "-",
            value,
            lambda a=(cas, milligrams): toxic_probit(a[0], 0.03).of(a[1] * 1e-6, 1800),
            6e-4,
            is_absolute=True,
        )
        for name, cas, milligrams, value in (
            ("chlorine", "7782-50-5", 500, 3.896),
            ("ammonia", "7664-41-7", 5000, 4.836),
            ("hydrogen sulfide", "7783-06-4", 500, 3.709),
        )
    ),
    *(
        Case(
            f"harm-lc50-{name}-{number}",
            f"LC50 of {name} in 30 min",
            source,
            "concentration",
            "ppm",
            value,
            lambda a=(cas, mass, set_id): _ppm(*a),
            0.025,
        )
        for number, (name, cas, mass, set_id, value, source) in enumerate(
            (
                ("chlorine", "7782-50-5", 0.070906, probits.AQT3046, 385, "Purple Book table 5.2"),
                ("ammonia", "7664-41-7", 0.0170305, probits.AQT3046, 7798, "Purple Book table 5.2"),
                ("chlorine", "7782-50-5", 0.070906, probits.LEES, 250, "HSE OSD/30 (Lees)"),
                ("ammonia", "7664-41-7", 0.0170305, probits.LEES, 11539, "HSE OSD/30 (Lees)"),
            )
        )
    ),
    *(
        Case(
            f"harm-heat-{flux}",
            f"{flux} kW/m2 for 20 s",
            f"{AQT} 10.3.1",
            "probit",
            "-",
            value,
            lambda q=flux: heat.heat_probit(q * 1e3, 20.0),
            6e-4,
            is_absolute=True,
        )
        for flux, value in ((12.5, 3.489), (25, 5.855))
    ),
    Case(
        "harm-blast",
        "death in the open at 10, 29.9 and 30 kPa",
        f"{AQT} 10.5, Table 10",
        "probability",
        "-",
        [0.0, 0.0, 1.0],
        lambda: blast.lethality([10e3, 29.9e3, 30e3]),
        1e-12,
    ),
]
