import pytest

from newsletter.subscribers import columns
from newsletter.subscribers.columns import Column

A, N, T, S, X = Column.ADDRESS, Column.NAME, Column.TOPICS, Column.STATE, Column.NOTHING
TOPICS = {"maps": 1, "ink": 2, "food, drink": 3}


@pytest.mark.parametrize(
    ("header", "mapping"),
    [
        (["Email Address", "First Name", "Last Name", "TAGS"], [A, N, N, T]),
        (["email_address", "metadata.name", "tags", "subscriber_type", "ip_address"], [A, N, T, S, X]),
        (["id", "E-Mail", "Status"], [X, A, S]),
        (["Adresse", "Nom"], [A, N]),
        (["whatever", "contact"], [X, A]),
    ],
)
def test_columns_are_guessed_by_name_else_by_what_stands_in_them(header: list[str], mapping: list[Column]) -> None:
    sample = [["x@example.org" if column is A else "word" for column in mapping]]

    assert columns.guess(header, True, sample) == mapping


def test_without_names_the_address_is_where_the_at_sign_is() -> None:
    assert columns.guess(["Column 1", "Column 2"], False, [["Ada", "ada@example.org"]]) == [N, A]


@pytest.mark.parametrize(("mapping", "words"), [([N], "Say which"), ([A, A], "Only one"), ([A, S, S], "Only one")])
def test_columns_that_make_no_people_get_a_sentence(mapping: list[Column], words: str) -> None:
    assert words in columns.fault(mapping)
    assert columns.fault([A, N, N, T, S, X]) == ""


def test_given_and_family_name_are_joined() -> None:
    said = columns.take(["ada@example.org", "Ada", "Okafor"], [A, N, N], TOPICS)

    assert (said.address, said.name) == ("ada@example.org", "Ada Okafor")


@pytest.mark.parametrize(
    ("cell", "ids", "strange"),
    [
        ("Maps", (1,), ()),
        ("maps; INK", (1, 2), ()),
        ("maps,ink,maps", (1, 2), ()),
        ("Food, drink|ink", (3, 2), ()),
        ('["maps", "fog"]', (1,), ("fog",)),
        ("", (), ()),
    ],
)
def test_topics_go_by_their_names(cell: str, ids: tuple[int, ...], strange: tuple[str, ...]) -> None:
    said = columns.take(["ada@example.org", cell], [A, T], TOPICS)

    assert (said.topic_ids, said.strange_topics) == (ids, strange)


@pytest.mark.parametrize("state", ["", "Subscribed", "active", "TRUE", "1", "opted-in"])
def test_whoever_is_subscribed_there_may_come(state: str) -> None:
    assert not columns.take(["ada@example.org", state], [A, S], {}).is_out


@pytest.mark.parametrize("state", ["unsubscribed", "cleaned", "0", "no", "pending", "left", "a word we never saw"])
def test_whoever_the_file_does_not_call_subscribed_stays_out(state: str) -> None:
    said = columns.take(["ada@example.org", state], [A, S], {})

    assert said.is_out
    assert state in said.why


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("a b@example.org", "a space"),
        ("ada@example,org", "a comma"),
        ("ada(at)example", "@-sign"),
        ("x" * 290 + "@example.org", "302 characters"),
        ("=1+1", "A formula"),
        ('=HYPERLINK("http://example.org")', "A formula"),
        ("", "no address"),
    ],
)
def test_a_bad_address_says_why(typed: str, words: str) -> None:
    assert words in columns.take([typed], [A], {}).fault


def test_an_international_domain_is_an_address() -> None:
    assert columns.take(["inés@exämple.org"], [A], {}).address.endswith("@xn--exmple-cua.org")


def test_a_short_row_says_what_it_says() -> None:
    assert columns.take(["ada@example.org"], [A, N, T], TOPICS).fault == ""
