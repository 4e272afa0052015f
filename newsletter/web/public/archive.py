"""The archive: the list of public issues, one issue as an article, and any edition as its mail looked."""

from flask import abort, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from emails import reading, templates, words
from emails.filling import fill
from emails.phrases import ENGLISH
from emails.values import Issue as Article
from emails.values import Only, Part, Rating
from emails.words import Setting
from newsletter.delivery import editions, mail_values
from newsletter.delivery.models import Edition
from newsletter.issues.models import Issue
from newsletter.links import Purpose
from newsletter.publications import topics as publication_topics
from newsletter.publications.models import Publication
from newsletter.web.policy import Who, allow
from newsletter.web.public import archived, blueprint
from newsletter.web.public.visitor import read, the_publication
from newsletter.web.request import session, state
from newsletter.web.security import mail_frame_response

GONE = "This issue is not in the archive. It may have been for its readers only."


@blueprint.get("/archive")
@allow(Who.PUBLIC)
def archive() -> ResponseReturnValue:
    about = the_publication()
    topic = request.args.get("topic", "")
    offer = [each for each in publication_topics.all_of(session(), about.id) if not each.is_hidden]
    page = archived.page(session(), about, topic, request.args.get("before", type=int))
    return render_template("public/archive.html", page=page, topic=topic, offer=offer)


@blueprint.get("/archive/<public_id>")
@allow(Who.PUBLIC)
def archived_issue(public_id: str) -> ResponseReturnValue:
    about = the_publication()
    issue = archived.find(session(), about, public_id)
    composed = editions.load(session(), issue.id) if issue else None
    if issue is None or composed is None:
        abort(404, GONE)
    article = mail_values.issue_of(composed.resolved)
    return render_template(
        "public/issue.html",
        issue=issue,
        article=article,
        day=archived.day_of(issue, composed.resolved),
        before=archived.before(session(), about, issue),
        write=Writer(article),
    )


@blueprint.get("/v/<token>")
@allow(Who.LINK)
def view_in_browser(token: str) -> ResponseReturnValue:
    """The edition that was mailed, from what was stored, without a word that was for one person."""
    issue_id, edition_id = read(Purpose.VIEW, token, 2)
    edition = session().get(Edition, edition_id)
    composed = editions.load(session(), issue_id)
    if edition is None or edition.issue_id != issue_id or composed is None:
        abort(404, "This mail is no longer kept here.")
    template = composed.template(edition.key)
    publication = session().get_one(Publication, session().get_one(Issue, issue_id).publication_id)
    filled = fill(template, template.values(_for_everybody(publication, request.base_url)))
    return mail_frame_response(filled.html)


def _for_everybody(publication: Publication, here: str) -> dict[str, str]:
    """What stands where a mail has personal words: nobody's name, and the way to ask for one's own link."""
    ask = f"{state().settings.address}/preferences"
    reader = f"a reader of {publication.name}"
    return {"browser_url": here, "preferences_url": ask, "unsubscribe_url": ask, "address": reader}


class Writer:
    """Turns an issue's Markdown into the page's HTML; placeholders say their fallback."""

    def __init__(self, article: Article) -> None:
        self._setting = Setting(definitions=article.definitions)

    def blocks(self, markdown: str, level: int = 4) -> Markup:
        return Markup(words.page(markdown, self._setting, level=level))  # noqa: S704 (cleaned)

    def line(self, title: str, *, links: bool = True) -> Markup:
        return Markup(words.for_everybody(words.inline(title, self._setting, links=links)))  # noqa: S704 (cleaned)

    def plain(self, title: str) -> str:
        return self.line(title, links=False).striptags()

    def address(self, typed: str) -> str:
        """Where a link or a picture may point; empty for what no page may link to, such as `javascript:`."""
        return words.for_everybody(reading.address(typed))

    def said(self, rating: Rating) -> str:
        return templates.said(rating, ENGLISH)

    def parts(self, parts: tuple[Part, ...]) -> list[Part]:
        """The parts themselves, whoever they are for."""
        return [part.part if isinstance(part, Only) else part for part in parts]
