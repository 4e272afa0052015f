"""The provider that carries the mail: choose it, give its key, and have it checked.

Keys go in and never come out: a page knows only whether one is set.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import abort, make_response, render_template, request
from werkzeug.wrappers import Response

from newsletter import secretbox
from newsletter.accounts import log
from newsletter.providers import catalogue
from newsletter.providers.base import Problem
from newsletter.providers.catalogue import Field, Kind, Setting
from newsletter.publications import provider_accounts
from newsletter.publications.models import ProviderAccount
from newsletter.web.editor import blueprint
from newsletter.web.editor.issues import the_publication
from newsletter.web.policy import Who, allow
from newsletter.web.request import now, session, state, the_editor


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What the provider answered when it was asked just now; no problem: all is well."""

    problems: Sequence[Problem]


@blueprint.get("/settings/provider")
@allow(Who.OWNER)
def provider_settings() -> Response:
    return _page(_kind(request.args.get("kind", "")), {})


@blueprint.post("/settings/provider")
@allow(Who.OWNER)
def save_provider() -> Response:
    """Saves, commits, and only then asks the provider: no transaction is open while anybody outside is asked."""
    kind, current = _kind(request.form.get("kind", "")), the_publication()
    given = {setting.name: request.form.get(setting.name, "").strip() for setting in kind.settings}
    secret = {setting.name for setting in kind.settings if setting.field is Field.SECRET}
    plain = {name: value for name, value in given.items() if name not in secret}
    new_secrets = {name: value for name, value in given.items() if name in secret and value}
    kept = _kept(kind)
    try:
        rate = provider_accounts.read_rate(request.form.get("rate", ""))
        opened = catalogue.open_provider(kind.name, plain, {**kept, **new_secrets}, state().settings.data_dir)
    except provider_accounts.BadRate as error:
        return _page(kind, {"rate": str(error)})
    except catalogue.BadSettings as error:
        return _page(kind, dict(error.faults))
    account = provider_accounts.save(
        session(),
        state().ring,
        current,
        kind=kind.name,
        title=kind.title,
        settings=plain,
        new_secrets=new_secrets,
        rate_per_s=rate,
        now=now(),
    )
    detail = {"kind": kind.name, "secrets replaced": sorted(new_secrets)}
    log.record(session(), the_editor().id, "change provider", f"account {account.public_id}", detail, now())
    session().commit()
    problems = opened.check()
    opened.close()
    provider_accounts.checked(session(), account, now())
    session().commit()
    return _page(kind, {}, Checked(problems=list(problems)))


def _kind(name: str) -> Kind:
    """The kind that was asked for, else the one in use, else the outbox."""
    if name and name not in catalogue.KINDS:
        abort(404, f"There is no provider “{name[:40]}”.")
    account = provider_accounts.of(session(), the_publication())
    return catalogue.KINDS[name or (account.kind if account else "outbox")]


def _account(kind: Kind) -> ProviderAccount | None:
    """The account of this kind that a save would change."""
    account = provider_accounts.of(session(), the_publication())
    if account is not None and account.kind == kind.name:
        return account
    return provider_accounts.of_kind(session(), kind.name)


def _kept(kind: Kind) -> dict[str, str]:
    account = _account(kind)
    try:
        return provider_accounts.secrets(state().ring, account) if account else {}
    except secretbox.CannotOpen:
        return {}


def _page(kind: Kind, errors: dict[str, str], checked: Checked | None = None) -> Response:
    account, in_use = _account(kind), provider_accounts.of(session(), the_publication())
    is_set = provider_accounts.set_secrets(state().ring, account)
    page = render_template(
        "editor/provider.html",
        kinds=list(catalogue.KINDS.values()),
        kind=kind,
        account=account,
        in_use=in_use,
        is_set=is_set,
        choices=_choices,
        values=_values(kind, account, typed=bool(errors)),
        rate=request.form.get("rate", "") if errors else _rate(account),
        errors=errors,
        checked=checked,
        base_url=state().settings.address,
    )
    return make_response(page, 422 if errors else 200)


def _values(kind: Kind, account: ProviderAccount | None, *, typed: bool) -> dict[str, str]:
    """What the fields show: never a secret, not even the one that was typed just now."""
    stored = account.settings if account else {}
    return {
        setting.name: request.form.get(setting.name, "") if typed else str(stored.get(setting.name, setting.default))
        for setting in kind.settings
        if setting.field is not Field.SECRET
    }


def _choices(setting: Setting) -> list[tuple[str, str]]:
    """What a chooser offers; one that may be left alone begins with nothing."""
    offered = list((setting.choices or {}).items())
    nothing = [] if setting.required or setting.default else [("", "None")]
    return [*nothing, *offered]


def _rate(account: ProviderAccount | None) -> str:
    return "" if account is None or account.rate_per_s is None else f"{account.rate_per_s:g}"
