"""The token of a reader's form: signed, dated, for one form, for once."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from newsletter import keys
from newsletter.web import forms
from newsletter.web.forms import BadForm, make_form_token, read_form_token

RING = keys.make()
THEN = datetime.fromisoformat("2026-11-25T09:00:00+00:00")


def test_a_token_tells_its_form_and_its_age() -> None:
    token = read_form_token(RING, make_form_token(RING, "sign-up", THEN), "sign-up")

    assert token.form_id == "sign-up"
    assert token.made_at == THEN


@pytest.mark.parametrize(("seconds", "fits"), [(0, False), (1, False), (2, True), (7200, True), (7201, False)])
def test_nobody_fills_in_a_form_within_two_seconds_or_after_two_hours(seconds: int, fits: bool) -> None:
    token = read_form_token(RING, make_form_token(RING, "sign-up", THEN))

    assert token.age_fits(THEN + timedelta(seconds=seconds)) is fits


def test_a_token_of_another_form_or_another_ring_is_refused() -> None:
    token = make_form_token(RING, "leave", THEN)

    with pytest.raises(BadForm):
        read_form_token(RING, token, "sign-up")
    with pytest.raises(BadForm):
        read_form_token(keys.make(), token)


@given(st.data())
def test_t_tok_1_no_changed_token_is_accepted(data: st.DataObject) -> None:
    token = make_form_token(RING, "sign-up", THEN)
    at = data.draw(st.integers(0, len(token) - 1))
    changed = token[:at] + data.draw(st.characters()) + token[at + 1 :]

    if changed != token:
        with pytest.raises(BadForm):
            read_form_token(RING, changed)


@given(st.text())
def test_t_tok_1_no_text_is_a_token(text: str) -> None:
    with pytest.raises(BadForm):
        read_form_token(RING, text)


def test_a_token_is_spent_once(session: Session) -> None:
    token = read_form_token(RING, make_form_token(RING, "sign-up", THEN))

    assert forms.spend(session, token)
    assert not forms.spend(session, token)
