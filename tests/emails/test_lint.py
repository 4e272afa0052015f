"""T-TPL-3: no template language runs over what people typed, wherever in the program."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TREES = ("emails", "newsletter", "worker")
MAY_MAKE_TEMPLATES = {"emails/templates.py"}  # reads files of ours only
FORBIDDEN = {"render_template_string", "from_string", "eval", "exec", "format_map"}


@cache
def calls() -> list[tuple[str, int, str, ast.Call]]:
    found: list[tuple[str, int, str, ast.Call]] = []
    for path in (path for tree in TREES for path in sorted((ROOT / tree).rglob("*.py"))):
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                found.append((where, node.lineno, name, node))
    return found


def test_t_tpl_3_nothing_evaluates_or_renders_a_text() -> None:
    assert [f"{where}:{line} {name}" for where, line, name, _ in calls() if name in FORBIDDEN] == []


def test_t_tpl_3_mails_have_one_template_environment() -> None:
    made = {
        where
        for where, _, name, _ in calls()
        if name.endswith(("Environment", "Template")) and where.startswith("emails/")
    }

    assert {where for where in made if "jinja2" in (ROOT / where).read_text("utf-8")} == MAY_MAKE_TEMPLATES


def test_t_tpl_3_format_is_called_on_texts_of_ours_only() -> None:
    """`"…".format(x)` runs over a text that stands in the code; `stored.format(x)` would run over a typed one.

    `super().format(record)` is logging's.
    """
    wrong = [
        f"{where}:{line}"
        for where, line, name, call in calls()
        if name == "format" and isinstance(call.func, ast.Attribute) and not _is_constant(call.func.value)
    ]

    assert wrong == []


def _is_constant(value: ast.expr) -> bool:
    """A text in the code: as it is, inside Markup(…), or by the name of a constant."""
    if isinstance(value, ast.Name):
        return value.id.isupper()
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id in ("Markup", "super"):
        return all(_is_constant(argument) for argument in value.args)
    return isinstance(value, ast.Constant) and isinstance(value.value, str)
