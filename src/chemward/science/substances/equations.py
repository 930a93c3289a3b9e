"""The equations in which property tables give their coefficients, by the name they have in `correlations.csv`.

Each takes the temperature [K] and the coefficients of the row and answers in the unit of the row; `T` is a float or an array of any shape.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chemward.science.constants import GAS_CONSTANT

Coefficients = Sequence[float]  # in the units of their row
Equation = Callable[[Any, Coefficients], Any]


def polynomial(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """c0 + c1 T + c2 T² …; DIPPR 100. T [K]; result in the unit of its row [-]."""
    value: Any = c[-1]
    for coefficient in reversed(c[:-1]):
        value = value * T + coefficient
    return value + 0.0 * T


def dippr101(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """exp(C1 + C2/T + C3 ln T + C4 T^C5); Perry 8th ed. Table 2-8. T [K]; result [Pa] for vapour pressure, [Pa s] for viscosity."""
    c1, c2, c3, c4, c5 = c
    return np.exp(c1 + c2 / T + c3 * np.log(T) + (c4 * T**c5 if c4 else 0.0))


def dippr102(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """C1 T^C2 / (1 + C3/T + C4/T²); Perry 8th ed. Table 2-312. T [K]; result [Pa s]."""
    c1, c2, c3, c4 = c
    return c1 * T**c2 / (1 + c3 / T + c4 / T**2)


def dippr105(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """C1 / C2^(1 + (1 − T/C3)^C4); Perry 8th ed. Table 2-32. T [K], up to C3; result in the unit of its row [mol/m³]."""
    c1, c2, c3, c4 = c
    return c1 / c2 ** (1 + np.maximum(1 - T / c3, 0.0) ** c4)


def dippr106(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """C1 (1 − Tr)^(C2 + C3 Tr + C4 Tr² + C5 Tr³), Tr = T/Tc; Perry 8th ed. Table 2-150. c = Tc, C1 … T [K]; result [J/mol]."""
    tc, c1, *powers = c
    reduced = T / tc
    return c1 * np.maximum(1 - reduced, 0.0) ** polynomial(reduced, powers)


def dippr114(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """A²/τ + B − 2ACτ − ADτ² − C²τ³/3 − CDτ⁴/2 − D²τ⁵/5, τ = 1 − T/Tc; Perry 8th ed. Table 2-153. c = Tc, A, B, C, D. T [K]; [J/mol/K]."""
    tc, a, b, k, d = c
    tau = 1 - T / tc
    return a * a / tau + b - 2 * a * k * tau - a * d * tau**2 - k * k * tau**3 / 3 - k * d * tau**4 / 2 - d * d * tau**5 / 5


def exponential16(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """A + exp(B/T + C + D T + E T²); ChemSep equation 16. T [K]; result in the unit of its row [-]."""
    a, b, k, d, e = c
    return a + np.exp(b / T + k + d * T + e * T**2)


def antoine10(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """10^(A − B/(T + C)); Poling 5th ed. App. A. T [K]; result [Pa]."""
    return 10.0 ** (c[0] - c[1] / (T + c[2]))


def antoine_e(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """exp(A − B/(T + C)); Landolt-Börnstein IV/20. T [K]; result [Pa]."""
    return np.exp(c[0] - c[1] / (T + c[2]))


def _wagner(T: Any, c: Coefficients, third: float, fourth: float) -> Any:  # noqa: N803
    tc, pc, *k = c
    tau = np.maximum(1 - T / tc, 0.0)
    return pc * np.exp(tc / T * (k[0] * tau + k[1] * tau**1.5 + k[2] * tau**third + k[3] * tau**fourth))


def wagner36(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Wagner's vapour pressure in τ, τ^1.5, τ³, τ⁶; McGarry 1983. c = Tc, Pc, a, b, c, d. T [K]; result [Pa]."""
    return _wagner(T, c, 3.0, 6.0)


def wagner25(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Wagner's vapour pressure in τ, τ^1.5, τ^2.5, τ⁵; Poling 5th ed., VDI. c = Tc, Pc, a, b, c, d. T [K]; result [Pa]."""
    return _wagner(T, c, 2.5, 5.0)


def lee_kesler(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Vapour pressure [Pa] from c = Tc, Pc, acentric factor at T [K]; Lee and Kesler, AIChE J. 21 (1975) 510."""
    tc, pc, omega = c
    r = T / tc
    f0 = 5.92714 - 6.09648 / r - 1.28862 * np.log(r) + 0.169347 * r**6
    f1 = 15.2518 - 15.6875 / r - 13.4721 * np.log(r) + 0.43577 * r**6
    return pc * np.exp(f0 + omega * f1)


def vdi_density(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """ρc + A τ^0.35 + B τ^⅔ + C τ + D τ^4/3; VDI Heat Atlas 2nd ed. D3.1. c = Tc, ρc, A … T [K]; result [kg/m³]."""
    tc, rhoc, a, b, k, d = c
    tau = np.maximum(1 - T / tc, 0.0)
    return rhoc + a * tau**0.35 + b * tau ** (2 / 3) + k * tau + d * tau ** (4 / 3)


def rackett(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Density carried from one point by Rackett: ρ₁ Z^((1−T₁/Tc)^2/7 − (1−T/Tc)^2/7). c = ρ₁, T₁, Tc, Z. T [K]; result [kg/m³].

    Spencer and Danner, J. Chem. Eng. Data 17 (1972) 236.
    """
    rho, t1, tc, z = c
    return rho * z ** ((1 - t1 / tc) ** (2 / 7) - np.maximum(1 - T / tc, 0.0) ** (2 / 7))


def watson(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Heat of vaporisation carried from one point: H₁((Tc−T)/(Tc−T₁))^0.38. c = H₁, T₁, Tc. T [K]; result [J/mol].

    Watson, Ind. Eng. Chem. 35 (1943) 398.
    """
    h1, t1, tc = c
    return h1 * (np.maximum(tc - T, 0.0) / (tc - t1)) ** 0.38


def ppds12(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """R Tc (A τ^⅓ + B τ^⅔ + C τ + D τ² + E τ⁶); VDI Heat Atlas 2nd ed. D3.1. c = Tc, A … T [K]; result [J/mol]."""
    tc, a, b, k, d, e = c
    tau = np.maximum(1 - T / tc, 0.0)
    return GAS_CONSTANT * tc * (a * np.cbrt(tau) + b * np.cbrt(tau) ** 2 + k * tau + d * tau**2 + e * tau**6)


def poling(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """R (a0 + a1 T + … + a4 T⁴); Poling 5th ed. App. A. T [K]; result [J/mol/K]."""
    return GAS_CONSTANT * polynomial(T, c)


def trc(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Ideal-gas heat capacity of the Thermodynamics Research Center, eight coefficients. T [K]; result [J/mol/K].

    Kabo and Roganov, Thermodynamics of Organic Compounds in the Gas State (1994).
    """
    a0, a1, a2, a3, a4, a5, a6, a7 = c
    above = np.maximum(T - a7, 0.0)
    y = above / (T + a6)
    base = a0 + a1 / T**2 * np.exp(-a2 / T) + a3 * y**2
    with np.errstate(divide="ignore", invalid="ignore"):
        last = np.where(above > 0, (a4 - a5 / np.where(above > 0, above, 1.0) ** 2) * y**8, 0.0)
    return GAS_CONSTANT * (base + last)


def shomate(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """A + B T + C T² + D T³ + E/T²; NIST Chemistry WebBook, T in K. T [K]; result [J/mol/K]."""
    return polynomial(T, c[:4]) + c[4] / T**2


def rowlinson_poling(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Excess of the liquid's heat capacity over the ideal gas's. c = Tc, acentric factor. T [K] below Tc; result [J/mol/K].

    Poling, Prausnitz and O'Connell 5th ed. eq. 6-6.2.
    """
    tc, omega = c
    tau = np.maximum(1 - T / tc, 1e-6)
    return GAS_CONSTANT * (1.586 + 0.49 / tau + omega * (4.2775 + 6.3 * np.cbrt(tau) * tc / T + 0.4355 / tau))


def zabransky(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """R (a1 ln τ + a2/τ + a3 + a4 Tr + a5 Tr² + a6 Tr³), τ = 1 − Tr; Zábranský et al. 1996. c = Tc, a1 … T [K]; result [J/mol/K]."""
    tc, a1, a2, *rest = c
    tau = 1 - T / tc
    return GAS_CONSTANT * (a1 * np.log(tau) + a2 / tau + polynomial(T / tc, rest))


def tension(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """Σ σᵢ τ^nᵢ; Mulero, Cachadiña and Parra 2012. c = Tc, σ0, n0, σ1, n1 … T [K]; result [N/m]."""
    tau = np.maximum(1 - T / c[0], 0.0)
    return sum(s * tau**n for s, n in zip(c[1::2], c[2::2], strict=True))


def vdi_tension(T: Any, c: Coefficients) -> Any:  # noqa: N803
    """A τ^(B + C Tr + D Tr² + E Tr³); VDI Heat Atlas 2nd ed. D3.1. c = Tc, A … T [K]; result [N/m]."""
    tc, a, *powers = c
    return a * np.maximum(1 - T / tc, 0.0) ** polynomial(T / tc, powers)


EQUATIONS: dict[str, Equation] = {
    equation.__name__: equation
    for equation in (
        polynomial, dippr101, dippr102, dippr105, dippr106, dippr114, exponential16, antoine10, antoine_e, wagner36, wagner25,
        lee_kesler, vdi_density, rackett, watson, ppds12, poling, trc, shomate, rowlinson_poling, zabransky, tension, vdi_tension,
    )
}  # fmt: skip
