"""Markdown to lines of plain text, written from its tokens and never from HTML.

Links become numbers, pictures their words, emphasis disappears: punctuation that a reader did not ask for is
noise. Texts may hold marks (see `marks`): numbers of links and gaps for personal words.
"""

from collections.abc import Sequence

from markdown_it.tree import SyntaxTreeNode

from emails import marks, reading
from emails.filling import Place
from emails.plain import WIDTH, Links, indent, spaced, width, wrap
from emails.words import PLAIN, Setting


def inline(source: str, links: Links, setting: Setting = PLAIN) -> str:
    """A title's or label's words; links are numbered behind theirs."""
    return _Writer(links, setting).line(SyntaxTreeNode(list(reading.read_inline(source, setting.definitions))))


def blocks(
    source: str, links: Links, setting: Setting = PLAIN, *, first: str = "", rest: str = "", columns: int = WIDTH
) -> list[str]:
    """Lines of Markdown; the first begins with `first`, all others with `rest` (equal in width or not)."""
    tree = SyntaxTreeNode(list(reading.read(source, setting.definitions)))
    return _Writer(links, setting).flow(tree.children, first, rest, columns)


class _Writer:
    def __init__(self, links: Links, setting: Setting) -> None:
        self._links = links
        self._setting = setting

    def flow(self, nodes: Sequence[SyntaxTreeNode], first: str, rest: str, columns: int) -> list[str]:
        """Blocks below each other; a first paragraph begins behind `first`."""
        if nodes and nodes[0].type == "paragraph":
            opening = wrap(self.line(nodes[0]), first=first, rest=rest, columns=columns)
            nodes = nodes[1:]
        else:
            opening = [first.rstrip()] if first.strip() else []
        inner = columns - width(rest)
        return spaced([opening, *(indent(self.block(node, inner), rest) for node in nodes)])

    def block(self, node: SyntaxTreeNode, columns: int) -> list[str]:
        match node.type:
            case "bullet_list" | "ordered_list":
                return self.list_(node, columns)
            case "blockquote":
                return indent(self.flow(node.children, "", "", columns - 4), "  | ")
            case "fence" | "code_block":
                return indent(node.content.rstrip("\n").split("\n"), "    ")
            case "hr":
                return ["* * *".center(columns).rstrip()]
            case "table":
                return self.table_(node, columns)
            case _:
                return wrap(self.line(node), columns=columns)

    def list_(self, node: SyntaxTreeNode, columns: int) -> list[str]:
        number = int(node.attrs.get("start", 1))
        items: list[list[str]] = []
        for item in node.children:
            sign = "- " if node.type == "bullet_list" else f"{number}. "
            items.append(self.flow(item.children, sign, " " * len(sign), columns))
            number += 1
        is_tight = all(child.hidden for item in node.children for child in item.children if child.type == "paragraph")
        return [line for item in items for line in item] if is_tight else spaced(items)

    def table_(self, node: SyntaxTreeNode, columns: int) -> list[str]:
        """Columns side by side where they fit, else a line for each cell behind its heading."""
        rows = [[self.line(cell) for cell in row.children] for part in node.children for row in part.children]
        sizes = [max(width(row[at]) for row in rows) for at in range(len(rows[0]))]
        if sum(sizes) + 2 * (len(sizes) - 1) <= columns:
            lines = ["  ".join(_padded(cell, size) for cell, size in zip(row, sizes, strict=True)) for row in rows]
            ruler = "  ".join("-" * size for size in sizes)
            return [line.rstrip() for line in (lines[0], ruler, *lines[1:])]
        titles, *body = rows
        return spaced(
            [
                [line for title, cell in zip(titles, row, strict=True) for line in _cell(title, cell, columns)]
                for row in body
            ]
        )

    def line(self, node: SyntaxTreeNode) -> str:
        return "".join(self.words(child) for child in node.children)

    def words(self, node: SyntaxTreeNode) -> str:
        match node.type:
            case "text" | "code_inline":
                return node.content
            case "softbreak" | "hardbreak":
                return " "
            case "image":
                return f"[{self._setting.picture}: {node.content}]" if node.content else ""
            case "link":
                return self.link(node)
            case _:
                return self.line(node)

    def link(self, node: SyntaxTreeNode) -> str:
        said = self.line(node)
        href = str(node.attrs.get("href", ""))
        if href.startswith("#"):
            href = marks.in_place(self._setting.anchors, Place.TEXT) + href
        is_said = said in (href, href.removeprefix("mailto:"), href.removeprefix("tel:"))
        return said if is_said else f"{said}\u00a0{self._links.number(href)}"


def _padded(cell: str, size: int) -> str:
    return cell + " " * (size - width(cell))


def _cell(title: str, cell: str, columns: int) -> list[str]:
    return wrap(f"{title}: {cell}" if title else cell, rest="  ", columns=columns)
