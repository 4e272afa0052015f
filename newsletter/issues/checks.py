"""What has to be right before an issue is launched, from its document and a few plain values. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from newsletter.issues.document import Finding, Resolved, everything


def check(resolved: Resolved, *, sender: str, postal_address: str) -> tuple[Finding, ...]:
    """Everything that is found in an issue: its text, its topics, and what every mail needs.

    `sender` is the address that stands in From, `postal_address` the publication's own; either may be empty.
    """
    return (*resolved.findings, *_about_the_mail(resolved), *_about_the_publication(sender, postal_address))


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.blocking)


def _about_the_mail(resolved: Resolved) -> Iterator[Finding]:
    document = resolved.document
    if not document.subject.strip():
        yield Finding(
            code="subject-missing",
            message="The issue has neither a subject nor a title, so its mails would have none.",
            mend="Write title: and your words in the front matter.",
            blocking=True,
        )
    if not document.opening and not everything(resolved):
        yield Finding(
            code="issue-empty",
            message="There is nothing in the issue that anybody would see.",
            mend="Write opening words or a section.",
            blocking=True,
        )
    if not document.preheader.strip():
        yield Finding(
            code="preheader-missing",
            message="There is no preheader: the inbox shows the first words of the mail behind the subject.",
            mend="Write preheader: and a sentence in the front matter.",
        )


def _about_the_publication(sender: str, postal_address: str) -> Iterator[Finding]:
    if not sender.strip():
        yield Finding(
            code="sender-missing",
            message="The publication has no sender address, so nothing can be sent in its name.",
            mend="Enter one under Settings, Sender.",
            blocking=True,
        )
    if not postal_address.strip():
        yield Finding(
            code="postal-address-missing",
            message="The publication has no postal address, which the law wants in every mail.",
            mend="Enter one under Settings, Postal address.",
            blocking=True,
        )
