"""The token of a live stream."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chemward.telemetry.live.token import LIFE_MS, TokenRefused, make, verify

NOW = 1_760_000_000_000
KEY = "k" * 32
CAPS = {"alarm.view": ["1.4."], "value.view": [""]}


def test_a_token_says_who_may_see_what_where():
    claims = verify(KEY, make(KEY, 7, CAPS, NOW), NOW + 1)
    assert claims.user == 7
    assert claims.sees("alarm.view", "1.4.9.")
    assert not claims.sees("alarm.view", "1.40.")
    assert claims.sees("value.view", "2.1.")
    assert not claims.sees("feed.view", "1.4.9.")


def test_a_token_is_over_after_its_life():
    token = make(KEY, 7, CAPS, NOW)
    verify(KEY, token, NOW + LIFE_MS - 1)
    with pytest.raises(TokenRefused, match="over"):
        verify(KEY, token, NOW + LIFE_MS)


def test_a_token_from_before_the_epoch_is_refused():
    token = make(KEY, 7, CAPS, NOW)
    with pytest.raises(TokenRefused, match="sign in"):
        verify(KEY, token, NOW + 1, epoch_ms=NOW + 1)


@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_a_changed_token_is_refused(at, letter):
    token = make(KEY, 7, CAPS, NOW)
    at %= len(token)
    if token[at] != letter:
        with pytest.raises(TokenRefused):
            verify(KEY, token[:at] + letter + token[at + 1 :], NOW)


@given(st.text(max_size=60))
def test_foreign_text_is_refused(text):
    with pytest.raises(TokenRefused):
        verify(KEY, text, NOW)
