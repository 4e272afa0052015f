"""From an issue's document and a choice of topics to a mail. Pure.

`emails` knows nothing of topics. What an edition has is named by keys: a section's id, and inside a section whose
items are not for everybody also a key for each thing a reader sees, and how many items that makes.
"""

from collections.abc import Iterator

from emails import theme, values
from emails.editions import CompiledIssue
from emails.phrases import ENGLISH, Phrases
from emails.rendering import compile_issue, edition_mjml
from emails.theme import Theme
from newsletter.delivery import mail_values
from newsletter.issues import document
from newsletter.issues.document import Resolved, ResolvedSection
from newsletter.publications.models import Publication

RTL = {"ar", "arc", "ckb", "dv", "fa", "he", "ks", "ps", "sd", "ug", "ur", "yi"}  # languages written from the right


def words_of(publication: Publication, home: str) -> values.Publication:
    """What a mail says of its publication; `home` is the absolute address of its public page."""
    lang = publication.locale.replace("_", "-") or "en"
    return values.Publication(
        name=publication.name,
        home=home,
        address=", ".join(line.strip(" ,") for line in publication.postal_address.splitlines() if line.strip(" ,")),
        contact=publication.contact or publication.reply_to or publication.sender_address,
        lang=lang,
        dir="rtl" if lang.split("-")[0].lower() in RTL else "ltr",
    )


def theme_of(publication: Publication) -> Theme:
    """The publication's theme in its own colours, moved as far as a mail needs to be read.

    Raises BadTheme when there is no such theme.
    """
    plain_theme = theme.load(publication.theme)
    if not publication.accent_light:
        return plain_theme
    return theme.load(
        publication.theme,
        accent=theme.readable(publication.accent_light, plain_theme, "light"),
        dark_accent=theme.readable(publication.accent_dark or publication.accent_light, plain_theme, "dark"),
    )


def compose(
    resolved: Resolved, words: values.Publication, look: Theme, *, number: str = "", phrases: Phrases = ENGLISH
) -> CompiledIssue:
    """Compile all blocks of an issue. Raises TooLarge with a sentence."""
    return compile_issue(
        mail_values.issue_of(resolved, number=number, phrases=phrases), words, theme=look, phrases=phrases
    )


def mjml(
    resolved: Resolved,
    chosen: frozenset[str],
    words: values.Publication,
    look: Theme,
    *,
    number: str = "",
    phrases: Phrases = ENGLISH,
) -> str:
    """The MJML source of one edition as a whole, for people to read."""
    issue = mail_values.issue_of(resolved, number=number, phrases=phrases)
    return edition_mjml(issue, words, edition(resolved, chosen), theme=look, phrases=phrases)


def is_empty(resolved: Resolved, chosen: frozenset[str]) -> bool:
    """Whether readers of these topics get nothing: the issue has sections, and none of them is for them."""
    return bool(resolved.sections) and not document.visible(resolved, chosen)


def edition_key(resolved: Resolved, chosen: frozenset[str]) -> str | None:
    """Equal for all readers who get the same mail: the chosen topics the issue has. None: they get nothing."""
    if is_empty(resolved, chosen):
        return None
    return ",".join(slug for slug in document.topics_present(resolved) if slug in chosen)


def edition(resolved: Resolved, chosen: frozenset[str]) -> values.Edition:
    """What readers of the topics `chosen` get, and the names their footer says."""
    shown = {each.id: each for each in document.visible(resolved, chosen)}
    whole = document.everything(resolved)
    missed = {slug for each in whole for slug in _missed(each, shown.get(each.id))} - chosen
    present = [resolved.topics[slug] for slug in document.topics_present(resolved)]
    return values.Edition(
        keys=tuple(key for each in whole if each.id in shown for key in _keys(each, shown[each.id])),
        topics=tuple(topic.name for topic in present if topic.slug in chosen),
        also=tuple(topic.name for topic in present if topic.slug in missed and not topic.hidden),
    )


def _keys(whole: ResolvedSection, shown: ResolvedSection) -> Iterator[str]:
    yield whole.id
    if mail_values.is_mixed(whole.section):
        yield from (mail_values.key(whole, node) for node in mail_values.nodes(shown.section))
        yield values.count_key(whole.id, len(shown.section.items))


def _missed(whole: ResolvedSection, shown: ResolvedSection | None) -> Iterator[str]:
    """Slugs of what a reader does not see of a section."""
    if shown is None:
        yield from whole.topics or ()
        return
    seen = {node.lines for node in mail_values.nodes(shown.section)}
    for node in mail_values.nodes(whole.section):
        if node.lines not in seen:
            yield from node.topics
