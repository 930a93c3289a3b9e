"""What the gateways send is what the platform reads: every form through the real decoder."""

import collections

import numpy as np
import pytest

from chemward.demo.effects import Calibration, Fault
from chemward.demo.history import batches
from chemward.demo.messages import Encoder
from chemward.demo.physics import Course, Park
from chemward.protocols.telemetry import quality
from chemward.protocols.telemetry.payload import HTTP_LIMITS, PayloadDecoder

from .conftest import NOON_S


@pytest.fixture
def decoded(plan, quiet_park):
    """Samples of ten seconds: feed → {(code, t_ms): (value, quality, text)}; the decoder found no fault."""

    def of(feeds=None):
        decoder = PayloadDecoder()
        read = collections.defaultdict(dict)
        for encoder in (Encoder(plan, f) for f in plan.feeds if feeds is None or f.key in feeds):
            for second in range(NOON_S, NOON_S + 10):
                for message in encoder.messages(quiet_park.frame(second * 1000), second):
                    payload = decoder.decode(message, 0)
                    assert payload.listed_faults == []
                    for i, code in enumerate(payload.tags.codes):
                        sample = (payload.value[i], int(payload.quality[i]), payload.texts.get(i))
                        read[encoder.feed.key][code, int(payload.ts[i])] = sample
        return read

    return of


def test_every_tag_speaks_at_its_own_pace(plan, decoded):
    counts = collections.Counter((feed, code) for feed, samples in decoded().items() for code, _ in samples)
    wrong = {t.key: counts[t.feed, t.code] for t in plan.tags if t.model != "tep" and counts[t.feed, t.code] != 10 // t.period_s}
    assert wrong == {}


def test_all_forms_of_payload_are_in_use(plan):
    assert {f.form for f in plan.feeds} == {"columns", "rows", "single", "binary"}


def test_values_arrive_as_they_were_read(plan, quiet_park, decoded):
    read = decoded({"E11"})["E11"]
    for (code, t_ms), (value, _, _) in read.items():
        index = plan.tag_index[f"E11-{code}"]
        assert value == quiet_park.frame(t_ms).values[index]


def test_a_ppm_gateway_sends_ppm(plan, quiet_park):
    encoder = Encoder(plan, next(f for f in plan.feeds if f.key == "E14"))
    index = quiet_park.find(owner="E14", gas="chlorine")
    quiet_park.follow(Course([Calibration(NOON_S - 300, NOON_S + 300, index, np.full(len(index), 1.45))]))
    decoder = PayloadDecoder()
    sent = {}
    for second in (NOON_S, NOON_S + 1):
        payload = decoder.decode(encoder.messages(quiet_park.frame(second * 1000), second)[0], 0)
        codes = zip(payload.tags.codes, payload.value, payload.units, payload.quality, strict=True)
        sent.update({code: (v, u, q) for code, v, u, q in codes})
    chlorine = [sent[plan.tags[i].code] for i in index]
    assert {unit for _, unit, _ in chlorine} == {"ppm"}
    assert all(q & quality.CALIBRATION for _, _, q in chlorine)
    assert chlorine[0][0] == pytest.approx(1.45 * 24.45 / 70.9, abs=1e-3)


def test_a_faulty_transmitter_is_said_to_be_bad(plan, quiet_park):
    index = quiet_park.find(owner="E08", gas="chlorine")[:1]
    quiet_park.follow(Course([Fault(NOON_S, NOON_S + 60, index, np.array([-0.6]))]))
    encoder = Encoder(plan, next(f for f in plan.feeds if f.key == "E08"))
    code = plan.tags[index[0]].code
    for second in (NOON_S, NOON_S + 1):
        payload = PayloadDecoder().decode(encoder.messages(quiet_park.frame(second * 1000), second)[0], 0)
        if code in payload.tags.codes:
            assert payload.quality[list(payload.tags.codes).index(code)] & quality.CLASS_MASK == quality.BAD


def test_a_wrong_clock_shows_in_the_times(plan, decoded):
    skew_ms = round(next(f.skew_s for f in plan.feeds if f.key == "E23") * 1000)
    times = {t for _, t in decoded({"E23"})["E23"]}
    assert times <= {(NOON_S + s) * 1000 + skew_ms for s in range(10)}


def test_a_tripped_unit_sends_no_number(plan, quiet_park):
    """Without `tep-studio`, or while it is tripped, the unit's tags are bad and empty, never zero."""
    encoder = Encoder(plan, next(f for f in plan.feeds if f.key == "E19"))
    payload = PayloadDecoder().decode(encoder.messages(quiet_park.frame(NOON_S * 1000), NOON_S)[0], 0)
    unit = [i for i, code in enumerate(payload.tags.codes) if code.startswith("X") and "(" in code]
    assert unit
    assert all(payload.quality[i] & quality.CLASS_MASK == quality.BAD for i in unit)
    assert np.isnan(payload.value[unit]).all()


# -- yesterday --------------------------------------------------------------------------------------------------------


def test_history_is_read_without_faults_and_agrees_with_the_park(plan):
    park = Park(plan, plan.seed, NOON_S, with_tep=False)
    decoder = PayloadDecoder()
    rounds = list(batches(park, NOON_S, NOON_S + 600, steps=4))
    assert [len({b.feed for b in r}) for r in rounds] == [len(plan.feeds)] * 3
    again = Park(plan, plan.seed, NOON_S, with_tep=False)
    for batch in rounds[0]:
        payload = decoder.decode(batch.body, 0, HTTP_LIMITS)
        assert payload.listed_faults == []
        assert len(payload) == batch.samples
        if batch.feed == "E01":
            for code, t_ms, value, i in zip(payload.tags.codes, payload.ts, payload.value, range(len(payload)), strict=True):
                if i not in payload.texts:
                    assert value == again.frame(int(t_ms)).values[plan.tag_index[f"E01-{code}"]]
            break


def test_history_stops_where_it_was_told_to(plan):
    park = Park(plan, plan.seed, NOON_S, with_tep=False)
    decoder = PayloadDecoder()
    times = {
        int(t) for r in batches(park, NOON_S - 3600, NOON_S - 3000) for b in r for t in decoder.decode(b.body, 0, HTTP_LIMITS).ts
    }
    assert min(times) >= (NOON_S - 3600) * 1000
    assert max(times) < (NOON_S - 3000) * 1000
