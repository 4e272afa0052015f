"""What blocks a launch, and what is only advice."""

from newsletter.issues.checks import blocking, check
from newsletter.issues.document import Finding, Topic, parse, resolve

GOOD = "---\ntitle: T\npreheader: P\n---\n## Tea\n\nhot\n"


def found(text: str, sender: str = "a@example.org", postal_address: str = "1 Quay") -> tuple[Finding, ...]:
    resolved = resolve(parse(text), [Topic(slug="tea", name="Tea")])
    return check(resolved, sender=sender, postal_address=postal_address)


def test_nothing_is_found_in_a_good_issue() -> None:
    assert found(GOOD) == ()


def test_sender_and_postal_address_are_needed() -> None:
    assert [each.code for each in blocking(found(GOOD, sender=" "))] == ["sender-missing"]
    assert [each.code for each in blocking(found(GOOD, postal_address=""))] == ["postal-address-missing"]


def test_an_issue_without_words_blocks() -> None:
    assert [each.code for each in blocking(found(""))] == ["subject-missing", "issue-empty"]


def test_an_issue_whose_only_section_shows_to_nobody_blocks() -> None:
    codes = [each.code for each in blocking(found("# T\n\n## Tee {topic=tee}\n\nhot\n"))]

    assert codes == ["topic-unknown", "issue-empty"]


def test_a_missing_preheader_is_advice() -> None:
    assert [(each.code, each.blocking) for each in found("# T\n\n## Tea\n\nhot\n")] == [("preheader-missing", False)]
