"""The equations of the tables against the library that the tables were read by, and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from chemward.science.substances import find
from chemward.science.substances.equations import EQUATIONS
from chemward.science.substances.substance import Substance
from chemward.standards import substances as tables


def test_wagner_and_antoine_agree_with_the_library_that_the_tables_come_from() -> None:
    vp = pytest.importorskip("chemicals.vapor_pressure")
    t = 300.0
    assert EQUATIONS["wagner36"](t, (408, 6586100, -7.29343, 1.08395, -1.63882, -2.30677)) == pytest.approx(
        vp.Wagner_original(t, 408, 6586100, -7.29343, 1.08395, -1.63882, -2.30677)
    )
    assert EQUATIONS["wagner25"](t, (466.74, 3650000, -7.43301, 1.78847, -2.4793, -3.2811)) == pytest.approx(
        vp.Wagner(t, 466.74, 3650000, -7.43301, 1.78847, -2.4793, -3.2811)
    )
    assert EQUATIONS["antoine10"](t, (9.10445, 1265.632, -41.002)) == pytest.approx(vp.Antoine(t, 9.10445, 1265.632, -41.002))
    assert EQUATIONS["lee_kesler"](347.2, (617.1, 36e5, 0.299)) == pytest.approx(vp.Lee_Kesler(347.2, 617.1, 36e5, 0.299))


def test_heat_capacities_agree_with_the_library_that_the_tables_come_from() -> None:
    hc = pytest.importorskip("chemicals.heat_capacity")
    a = (4.0, 7.65e5, 720.0, 3.565, -0.052, -1.55e6, 52.0, 201.0)
    assert EQUATIONS["trc"](300.0, a) == pytest.approx(hc.TRCCp(300.0, *a))
    assert EQUATIONS["trc"](150.0, a) == pytest.approx(hc.TRCCp(150.0, *a))
    z = (-3.12743, 0.0857315, 13.7282, 1.28971, 6.42297, 4.10989)
    assert EQUATIONS["zabransky"](330.0, (591.79, *z)) == pytest.approx(hc.Zabransky_quasi_polynomial(330.0, 591.79, *z))
    excess = hc.Rowlinson_Poling(350.0, 435.5, 0.203, 91.21) - 91.21
    assert EQUATIONS["rowlinson_poling"](350.0, (435.5, 0.203)) == pytest.approx(excess, rel=1e-6)
    assert EQUATIONS["dippr114"](250.0, (405.65, 61.289, 80925, 799.4, -2651)) == pytest.approx(
        75.5e3, rel=0.02
    )  # ammonia, J/kmol/K


def test_densities_and_heats_agree_with_the_library_that_the_tables_come_from() -> None:
    vo, pc = pytest.importorskip("chemicals.volume"), pytest.importorskip("chemicals.phase_change")
    c = (408.05, 261, 625.7638, 5.709, 245.3425, 43.9601)
    molar = vo.volume_VDI_PPDS(300.0, 408.05, 261, *c[2:], MW=30.03)
    assert EQUATIONS["vdi_density"](300.0, c) == pytest.approx(0.03003 / molar, rel=1e-4)
    k = (12.06808, -7.97155, 7.710808, -4.856937, 11.036836)
    assert EQUATIONS["ppds12"](300.0, (408.05, *k)) == pytest.approx(pc.PPDS12(300.0, 408.05, *k))
    assert EQUATIONS["watson"](320.0, (43908, 300.0, 647.14)) == pytest.approx(
        pc.Watson(320.0, Hvap_ref=43908, T_ref=300.0, Tc=647.14)
    )


def test_every_equation_of_the_table_takes_arrays_as_it_takes_floats() -> None:
    seen = set()
    for rows in tables.correlations().values():
        for row in rows.values():
            if not row.equation or row.equation in seen:
                continue
            seen.add(row.equation)
            t = np.linspace(row.t_low + 1, row.t_low + 0.9 * (row.t_high - row.t_low), 5).reshape(5, 1)
            equation = EQUATIONS[row.equation]
            one_by_one = [[float(equation(float(x), row.coefficients))] for x in t[:, 0]]
            assert np.asarray(equation(t, row.coefficients)) == pytest.approx(np.array(one_by_one), rel=1e-12), row
    assert seen >= set(EQUATIONS) - {"poling", "zabransky", "dippr114"}  # known to the script, at present chosen for no substance


def test_a_vapour_pressure_that_is_carried_on_goes_on_falling() -> None:
    for name in ("phosgene", "ethylene glycol", "chlorobenzene", "styrene"):
        curve = find(name).curves["vapour_pressure"]
        assert curve(curve.low * 0.9) < curve(curve.low * 0.95) < curve(curve.low)
        far = math.log(curve(curve.low) / curve(curve.low * 0.9)) / (1 / (curve.low * 0.9) - 1 / curve.low)
        near = math.log(curve(curve.low * 1.01) / curve(curve.low)) / (1 / curve.low - 1 / (curve.low * 1.01))
        assert far == pytest.approx(near, rel=0.05)


def test_what_is_not_known_is_named_all_at_once() -> None:
    from chemward.science.faults import Faults

    with pytest.raises(Faults) as fault:
        Substance("", "thing", "").require("vapour_pressure", "molar_mass")
    assert [f.field for f in fault.value.faults] == ["substance.vapour_pressure", "substance.molar_mass"]
