"""The text of an HTML page, in one pass forwards.

Tags, comments and elements that are never shown are told apart as the HTML standard's tokenizer does, with one difference: a
``<`` that nothing closes is text, so that a note is not lost behind it. The standard library's parser is not used: its time grows
with the square of what is left open, and it stops at declarations it does not know.
"""

from __future__ import annotations

import html
import re
from collections import Counter

_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "button",
        "caption",
        "center",
        "dd",
        "details",
        "dialog",
        "dir",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "frame",
        "frameset",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hgroup",
        "hr",
        "html",
        "legend",
        "li",
        "listing",
        "main",
        "menu",
        "menuitem",
        "nav",
        "ol",
        "optgroup",
        "option",
        "p",
        "plaintext",
        "pre",
        "search",
        "section",
        "select",
        "summary",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "xmp",
    ]
)
_CELLS = frozenset(("td", "th"))
_VOID = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "frame",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
    ]
)
_ENCLOSING = (_BLOCKS | _CELLS) - {"br", "p"}
_STRUCK = frozenset(("del", "s", "strike"))
_HIDING = ("display:none", "visibility:hidden", "visibility:collapse", "mso-hide:all", "line-through")
_ROWS = frozenset(("tr", "tbody", "tfoot", "thead"))
_SIBLINGS = {
    **dict.fromkeys(("td", "th"), _CELLS | _ROWS),
    **dict.fromkeys(_ROWS, _ROWS),
    **dict.fromkeys(("dd", "dt"), frozenset(("dd", "dt"))),
    **dict.fromkeys(("option", "optgroup"), frozenset(("option", "optgroup"))),
    "li": frozenset(("li",)),
}
"""Elements that end unclosed where one of these begins."""
_UNSHOWN = frozenset(("iframe", "noembed", "noframes", "script", "style", "title"))
_RAW = {name: re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE) for name in (*_UNSHOWN, "textarea")}
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_CLOSE = re.compile(">")
_COMMENT_END = re.compile("--!?>")
_CDATA, _CDATA_END = "<![CDATA[", re.compile(r"\]\]>")
_NAME_END = re.compile(r"[\s/>]")
_ATTRIBUTE = re.compile("[>=]")
_VALUE = re.compile(r"\S")
_VALUE_END = re.compile(r"[\s>]")
_QUOTES = {quote: re.compile(quote) for quote in "\"'"}
_SPACE = re.compile(r"[ \t\r\n\f]+")
_NUMBER = re.compile(r"&#(?:([xX])([0-9a-fA-F]+)|([0-9]+));?")
_DIGITS = 7
_XHTML, _START = "http://www.w3.org/1999/xhtml", 1024
_ENDLESS = "\ufffd"


class OpenHtmlError(ValueError):
    """Something that hides its content is never closed, so what is shown and what is not cannot be told apart."""


def html_text(source: str, *, xhtml: bool = False) -> str:
    r"""The words a reader sees and nobody took back, a new line at each block, spaces at each cell.

    Left out is what an element hides (``hidden``, ``display:none`` and the like of its own) and what is struck through.
    Time grows with the length of the source and with nothing else.

    Parameters
    ----------
    source : the page.
    xhtml : whether ``<script/>`` is an empty element, as also where the page says so of itself; in HTML it is an open one.

    Raises
    ------
    OpenHtmlError
        When a comment, ``script``, ``style``, ``title``, ``template`` or the like, or an element that hides, is never closed.

    Examples
    --------
    >>> html_text("<head><title>x</title><body><p>ROM &lt; 90</p><!-- no -->5 < 6 <![ROM]>")
    'ROM < 90\n5 < 6'
    """
    return _Reader(source, xhtml).text()


def _find(pattern: re.Pattern[str], source: str, at: int) -> re.Match[str] | None:
    """The only look ahead there is: each pattern begins with one character and holds no repetition but of a single class."""
    return pattern.search(source, at)


class _Reader:
    """One source; `_at` only grows."""

    def __init__(self, source: str, xhtml: bool) -> None:
        self._source = source
        self._xhtml = xhtml or source.lstrip().startswith("<?xml") or _XHTML in source[:_START]
        self._hides = False
        self._hidden: list[str] = []
        self._inside: Counter[str] = Counter()
        self._at = 0
        self._parts: list[str] = []
        self._templates = 0
        self._kept = 0

    def text(self) -> str:
        while self._at < len(self._source):
            found = _find(_MARKUP, self._source, self._at)
            start = found.start() if found else len(self._source)
            self._say(self._at, start)
            self._at = start
            if found and not self._markup(start):
                self._say(start, len(self._source))
                break
        if self._templates:
            raise OpenHtmlError("template")
        if self._hidden and not _ends_by_itself(self._hidden[0]):
            raise OpenHtmlError(self._hidden[0])
        lines = (line.strip(" \t\r") for line in "".join(self._parts).split("\n"))
        return "\n".join(line for line in lines if line.strip()).strip()

    def _say(self, start: int, end: int, literal: bool = False) -> None:
        """Text between two places; character references are read unless it is literal."""
        if start < end and not self._templates and not self._hidden:
            words = self._source[start:end] if literal else _unescaped(self._source[start:end])
            self._parts.append(words if self._kept else _SPACE.sub(" ", words))

    def _past(self, pattern: re.Pattern[str], start: int) -> bool:
        """Go behind what is found; whether it is."""
        found = _find(pattern, self._source, start)
        if found:
            self._at = found.end()
        return found is not None

    def _markup(self, start: int) -> bool:
        """Go behind the markup that begins here; whether it has an end."""
        source = self._source
        if source.startswith("<!--", start):
            if not self._past(_COMMENT_END, start + 2):
                raise OpenHtmlError("comment")
            return True
        if source.startswith(_CDATA, start):
            if not self._past(_CDATA_END, start):
                return False
            self._say(start + len(_CDATA), self._at - 3, literal=True)
            return True
        closing = source.startswith("</", start)
        first = start + 1 + closing
        if not source[first : first + 1].isalpha() or not source[first].isascii():
            return self._past(_CLOSE, start + 1)
        named = _find(_NAME_END, source, first)
        if named is None or not self._tag_end(named.start()):
            return False
        self._tag(source[first : named.start()].lower(), closing, source[self._at - 2] == "/")
        return True

    def _tag_end(self, at: int) -> bool:
        """Go behind the ``>`` of a tag, past its attributes: one inside quotes ends nothing. Notes whether they hide the element."""
        source = self._source
        self._hides = False
        while (found := _find(_ATTRIBUTE, source, at)) is not None:
            names = source[at : found.start()].replace("/", " ").lower().split()
            self._hides |= "hidden" in names
            if found[0] == ">":
                self._at = found.end()
                return True
            value = _find(_VALUE, source, found.end())
            if value is None:
                return False
            quote = _QUOTES.get(value[0])
            ends = _find(quote, source, value.end()) if quote else _find(_VALUE_END, source, value.start())
            if ends is None:
                return False
            at = ends.end() if quote else ends.start()
            if names[-1:] == ["style"]:
                style = "".join(_unescaped(source[value.start() : at]).lower().split())
                self._hides |= any(one in style for one in _HIDING)
        return False

    def _tag(self, name: str, closing: bool, empty: bool) -> None:
        step = -1 if closing else 0 if name in _VOID or (empty and self._xhtml) else 1
        self._pass_hidden(name, step)
        if name == "template":
            self._templates = max(0, self._templates + step)
        if name == "pre":
            self._kept = max(0, self._kept + step)
        if not self._templates and name in _BLOCKS:
            self._parts.append("\n")
        elif not self._templates and name in _CELLS:
            self._parts.append("  ")
        if step == 1 and name in _RAW:
            begins = self._at
            ends = _find(_RAW[name], self._source, begins)
            if ends is None:
                raise OpenHtmlError(name)
            self._at = ends.start()
            if name not in _UNSHOWN:
                self._say(begins, self._at)

    def _pass_hidden(self, name: str, step: int) -> None:
        """Keep the elements open from one that hides its content: it ends where it is closed, or where HTML says it must have."""
        held = self._hidden
        if step >= 0:
            while held and (name in _BLOCKS if held[-1] == "p" else name in _SIBLINGS.get(held[-1], ())):
                self._inside[held.pop()] -= 1
        elif held and self._inside[name]:
            while self._inside[name]:
                last = held.pop()
                self._inside[last] -= 1
                if last == name:
                    break
        elif step < 0 and held and _ends_by_itself(held[0]) and name in _ENCLOSING:
            held.clear()
            self._inside.clear()
        if step == 1 and not self._templates and (held or self._hides or name in _STRUCK):
            held.append(name)
            self._inside[name] += 1


def _ends_by_itself(name: str) -> bool:
    """Whether HTML lets an element end without its closing tag."""
    return name == "p" or name in _SIBLINGS


def _unescaped(words: str) -> str:
    """Character references as the characters they stand for; a number no character has is said as U+FFFD."""
    if "&" not in words:
        return words

    def short(found: re.Match[str]) -> str:
        digits = (found[2] or found[3]).lstrip("0") or "0"
        return f"&#{found[1] or ''}{digits};" if len(digits) <= _DIGITS else _ENDLESS

    return html.unescape(_NUMBER.sub(short, words))
