"""HTML elements whose texts are escaped unless they are elements themselves, and tables."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence


class Markup(str):
    """Text that is HTML already; every other string is escaped where it enters a tag."""

    __slots__ = ()


def tag(name: str, *children: object, **attributes: object) -> Markup:
    """An element: strings that are not `Markup` are escaped, attributes that are empty left out; in their names a last
    underscore goes and others become hyphens.

    Examples
    --------
    >>> tag("p", "a < b ", tag("b", "c"), class_="x")
    '<p class="x">a &lt; b <b>c</b></p>'
    """
    said = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"'
        for key, value in attributes.items()
        if value != ""
    )
    return Markup(f"<{name}{said}>{join(children)}</{name}>")


def join(parts: Iterable[object]) -> Markup:
    """Elements and texts one behind another."""
    return Markup("".join(p if isinstance(p, Markup) else html.escape(str(p)) for p in parts))


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[object]], numbers: int = 1) -> Markup:
    """A table whose first column heads the rows; columns from ``numbers`` on are numbers."""
    head = tag(
        "tr", *(tag("th", h, scope="col", class_="number" if i >= numbers else "") for i, h in enumerate(heads))
    )
    body = []
    for first, *cells in rows:
        made = [
            c
            if isinstance(c, Markup) and c.startswith("<td")
            else tag("td", c, class_="number" if i >= numbers else "")
            for i, c in enumerate(cells, 1)
        ]
        body.append(tag("tr", tag("th", first, scope="row"), *made))
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", whole, class_="scroll", tabindex="0", role="group", aria_label=caption)
