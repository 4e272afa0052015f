"""What the check of a Postmark account says, and what it tells to do."""

from newsletter.providers.base import Problem, Provider
from newsletter.providers.postmark import PostmarkProvider
from tests.providers.worlds import PostmarkWorld


def checked(
    postmark: PostmarkWorld, token: str = "", stream: str = "broadcast", letters: str = "outbound"
) -> list[Problem]:
    provider: Provider = PostmarkProvider(
        token or postmark.settings.token, stream, letters, base_url=postmark.server.url
    )
    return list(provider.check())


def test_a_wrong_token(postmark: PostmarkWorld) -> None:
    (problem,) = checked(postmark, token="wrong-token")

    assert problem.what == "Postmark does not know this server token."
    assert "API Tokens" in problem.mend


def test_the_stream_for_letters_given_for_issues(postmark: PostmarkWorld) -> None:
    (problem,) = checked(postmark, stream="outbound")

    assert problem.what.startswith("“outbound” is Postmark’s stream for letters.")
    assert problem.mend == "Use “broadcast”."


def test_streams_that_do_not_exist(postmark: PostmarkWorld) -> None:
    issues, letters = checked(postmark, stream="news", letters="mails")

    assert issues.what == "This server has no stream “news”."
    assert issues.mend == "Use “broadcast”."
    assert letters.mend == "Use “outbound”."


def test_a_server_without_a_broadcast_stream(postmark: PostmarkWorld) -> None:
    del postmark.settings.streams["broadcast"]

    (problem,) = checked(postmark)

    assert problem.mend.startswith("Create a broadcast stream")


def test_a_stream_that_writes_its_own_unsubscribe_link(postmark: PostmarkWorld) -> None:
    postmark.settings.unsubscribe_handling = "Postmark"

    (problem,) = checked(postmark)

    assert "replaces ours" in problem.what


def test_a_sandbox_and_open_tracking(postmark: PostmarkWorld) -> None:
    postmark.settings.delivery_type = "Sandbox"
    postmark.settings.track_opens = True

    sandbox, tracking = checked(postmark)

    assert "delivers none" in sandbox.what
    assert "Open tracking" in tracking.what


def test_a_provider_that_is_not_reached() -> None:
    (problem,) = PostmarkProvider("token", base_url="http://127.0.0.1:1").check()

    assert problem.what.startswith("Postmark was not reached.")
