import pytest

from newsletter.publications.models import Publication
from newsletter.web import theme
from tests.web.world import World

pytestmark = pytest.mark.sqlite  # what is tested here does not depend on the database


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#000000", 21.0),
        ("#777777", "#ffffff", 4.48),
        ("#0a5a69", "#0a5a69", 1),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert theme.contrast(one, other) == pytest.approx(ratio, abs=0.01)


def coloured(world: World, light: str, dark: str) -> Publication:
    world.publication.accent_light, world.publication.accent_dark = light, dark
    return world.publication


def test_a_publication_without_colours_has_no_style_of_its_own(world: World) -> None:
    assert theme.css(None) == ""
    assert theme.css(world.publication) == ""


def test_its_colours_are_set_for_both_schemes_with_the_ink_that_reads_best(world: World) -> None:
    css = theme.css(coloured(world, "#0a5a69", "#7fcad6"))

    assert ":root,[data-theme=light]{--accent:#0a5a69;--on-accent:#ffffff;" in css
    assert "[data-theme=dark]{--accent:#7fcad6;--on-accent:#0b1011;" in css


@pytest.mark.parametrize("colour", ["red", "#12345", "#1234567", "#12345g", "#123456}body{display:none"])
def test_what_is_no_colour_never_reaches_the_style(colour: str, world: World) -> None:
    assert theme.css(coloured(world, colour, "")) == ""
