"""A text from outside becomes a draft with the topics it needs."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from newsletter.issues.bringing import CannotBring, bring
from newsletter.issues.reading import Unreadable
from newsletter.publications import topics
from newsletter.publications.models import Publication

PLAIN = """Paper trails, November 20, 2026

Hello to all of you.

Harbour Charts

Soundings, redrawn
What it is: a survey of the outer bank
Verdict: 🧭🧭🧭🧭

Street Trees

Who waters in August?
What it is: a list of volunteers
Verdict: 🌳🌳
"""


def test_plain_text_brings_its_topics_with_it(session: Session, publication: Publication, now: datetime) -> None:
    charts = topics.create(session, publication.id, "Harbour charts", now=now)

    brought = bring(session, publication, PLAIN.encode(), "trails.txt", create_topics=True, now=now, editor_id=7)

    assert brought.issue.title.startswith("Paper trails")
    assert brought.issue.saved_by == 7
    assert [section["title"] for section in brought.outline["sections"]] == ["Harbour Charts", "Street Trees"]
    assert brought.outline["sections"][0]["topic"] == charts.slug
    assert brought.new_topics == ["Street Trees"]
    made = topics.by_name(session, publication.id, "Street Trees")
    assert made is not None
    assert made.is_hidden
    assert made.slug == brought.outline["sections"][1]["topic"]
    assert "topic-made" in {finding["code"] for finding in brought.outline["findings"]}


def test_nothing_typed_is_lost(session: Session, publication: Publication, now: datetime) -> None:
    brought = bring(session, publication, PLAIN.encode(), "trails.txt", create_topics=True, now=now)

    for word in ("Hello", "survey", "outer bank", "🧭🧭🧭🧭", "volunteers", "Who waters in August?"):
        assert word in brought.issue.text


def test_markdown_is_read_as_it_is(session: Session, publication: Publication, now: datetime) -> None:
    text = "---\ntitle: T\n---\n## A {topic=a}\n\ntext\n"

    brought = bring(session, publication, text.encode("utf-16"), "a.md", create_topics=True, now=now)

    assert brought.issue.text == text
    assert brought.new_topics == []
    assert [finding.code for finding in brought.findings if finding.blocking] == ["topic-unknown"]


def test_without_leave_no_topic_is_made(session: Session, publication: Publication, now: datetime) -> None:
    with pytest.raises(CannotBring, match="Harbour Charts"):
        bring(session, publication, PLAIN.encode(), "trails.txt", create_topics=False, now=now)


@pytest.mark.parametrize("raw", [b"", b"%PDF-1.7", b"\x00\x01\x02\x03" * 100])
def test_what_is_no_text_is_refused(session: Session, publication: Publication, now: datetime, raw: bytes) -> None:
    with pytest.raises(Unreadable):
        bring(session, publication, raw, "x.txt", create_topics=True, now=now)
