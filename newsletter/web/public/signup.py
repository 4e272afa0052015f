"""The public page: choosing topics and signing up, and asking for a link.

Whoever types an address gets one and the same answer, whatever we know about it. A filled trap, a form that was
filled in too fast, too late or twice gets it too, and nothing happens.
"""

from dataclasses import dataclass, field

from flask import render_template, request
from flask.typing import ResponseReturnValue

from newsletter import addresses, wake
from newsletter.delivery import signups
from newsletter.delivery.signups import Typed
from newsletter.publications.models import Publication, Topic
from newsletter.subscribers import preferences, rules
from newsletter.web import forms
from newsletter.web.policy import Who, allow
from newsletter.web.public import archived, blueprint
from newsletter.web.public.visitor import source, the_publication
from newsletter.web.request import now, publication, session, state

FORM = "sign-up"
ASK = "link"
TRAP = "homepage"  # people do not see this field
NO_TOPIC = "Tick at least one topic, so that there is something to send."
ASKED = "Ask for a link to your preferences"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What was typed, and what is wrong with it by field."""

    address: str = ""
    name: str = ""
    chosen: frozenset[int] = frozenset()
    errors: dict[str, str] = field(default_factory=dict)


def agreement(about: Publication) -> str:
    """The words beside the button: they are what the consent row says the person agreed to."""
    return (
        f"By signing up you agree to get {about.name} by mail, with the topics you ticked. "
        "You can change topics or leave from every mail, with one button."
    )


@blueprint.get("/")
@allow(Who.PUBLIC)
def home() -> ResponseReturnValue:
    if publication() is None:
        return render_template("public/nothing.html")
    return _page(Form())


@blueprint.post("/sign-up")
@allow(Who.PUBLIC)
def sign_up() -> ResponseReturnValue:
    about = the_publication()
    offer = preferences.offered(session(), about.id)
    form = _read(offer)
    if form.errors:
        return _page(form), 422
    address = addresses.read(form.address)
    if _is_believable(FORM):
        version = rules.form_version(agreement(about), [f"{topic.name}: {topic.description}" for topic in offer])
        typed = Typed(address=address, name=form.name, topic_ids=form.chosen)
        signups.sign_up(session(), state().ring, about, typed, source(agreement(about), version), now())
    session().commit()
    wake.wake(state().settings, "letters")
    chosen = [topic for topic in offer if topic.id in form.chosen]
    return render_template("public/check_your_mail.html", address=address, name=form.name, chosen=chosen, trap=TRAP)


@blueprint.get("/preferences")
@allow(Who.PUBLIC)
def ask_for_link() -> ResponseReturnValue:
    the_publication()
    return render_template("public/ask.html", form=Form(), trap=TRAP)


@blueprint.post("/preferences")
@allow(Who.PUBLIC)
def send_link() -> ResponseReturnValue:
    about = the_publication()
    form = _read([])
    if form.errors:
        return render_template("public/ask.html", form=form, trap=TRAP), 422
    address = addresses.read(form.address)
    if _is_believable(ASK):
        signups.ask_for_link(session(), state().ring, about, address, source(ASKED), now())
    session().commit()
    wake.wake(state().settings, "letters")
    return render_template("public/asked.html", address=address)


def _page(form: Form) -> str:
    about = the_publication()
    return render_template(
        "public/signup.html",
        form=form,
        offer=preferences.offered(session(), about.id),
        last=archived.last_sections(session(), about),
        agreement=agreement(about),
        trap=TRAP,
    )


def _read(offer: list[Topic]) -> Form:
    typed = request.form.get("address", "")
    ticked = set(request.form.getlist("topic"))
    chosen = frozenset(topic.id for topic in offer if topic.slug in ticked)
    errors = {}
    try:
        addresses.read(typed)
    except addresses.BadAddress as error:
        errors["address"] = str(error)
    if offer and not chosen:
        errors["topic"] = NO_TOPIC
    return Form(address=typed, name=rules.name(request.form.get("name", "")), chosen=chosen, errors=errors)


def _is_believable(form_id: str) -> bool:
    """Say whether a person filled this form in, once. Forged tokens have been refused before."""
    try:
        token = forms.read_form_token(state().ring, forms.posted(), form_id)
    except forms.BadForm:
        return False
    return not request.form.get(TRAP) and token.age_fits(now()) and forms.spend(session(), token)
