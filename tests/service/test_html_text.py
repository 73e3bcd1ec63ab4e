"""HTML as text: what is shown and what is not, markup that never ends, and that every character is looked at a few times at most."""

from __future__ import annotations

import contextlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import html_text as module
from service.html_text import OpenHtmlError, html_text

SHOWN = [
    ("<p>O:</p><p>Effleurage to <b>calf</b> 15&nbsp;min</p>", "O:\nEffleurage to calf 15\u00a0min"),
    ("<html><head><title>x</title><body><p>O: calf</p></body></html>", "O: calf"),
    ("<html><head><title>x</title><meta charset=utf-8><p>O: calf", "O: calf"),
    ("<TITLE>x</Title >O: calf<SCRIPT>if (a</b) x</SCRIPT\n>.", "O: calf."),
    ("<html xmlns='http://www.w3.org/1999/xhtml'><script src='a.js'/><title/>O: calf", "O: calf"),
    ("<?xml version='1.0'?><html><script src='a.js'/><title/>O: calf<div hidden='hidden'/>.</html>", "O: calf\n."),
    ("<script/>alert(1)</script>O: calf", "O: calf"),
    ("<template><p>no<template>no</template>no</template>yes</template>", "yes"),
    ("<textarea>a <b> &amp; c</textarea>", "a <b> & c"),
    ("O: <![ROM]> calf", "O:  calf"),
    ("<![if !x]>O: calf.<![endif]>", "O: calf."),
    ("<![CDATA[a &amp; <b>]]> c", "a &amp; <b> c"),
    ("<!DOCTYPE html><?xml version='1.0'?>O: calf</>", "O: calf"),
    ("a<!-- > <p>no</p> -->b<!-->c<!--->d<!--x--!>e", "abcde"),
    ("a<!--[if mso]>no<![endif]-->b", "ab"),
    ('<p title="x > y">a</p><p title=\'">\'>b</p><a href=x?a="y>c</a>', "a\nb\nc"),
    ("<table><tr><td>97110</td><td>2</td></tr><tr><td>x</td></tr></table>", "97110    2\nx"),
    ("<pre>a  b\r\n\r\n   c</pre>  d   e", "a  b\nc\nd e"),
    ("ROM < 90, pain <5, 2<3 &lt; 4 &#60; &#x3C;", "ROM < 90, pain <5, 2<3 < 4 < <"),
    ("O: calf <b at rest, 15 min", "O: calf <b at rest, 15 min"),
    ("O: calf <!x[ 15 min", "O: calf <!x[ 15 min"),
    ("<![<![ calf 10 min", "<![<![ calf 10 min"),
    ("a <b t='x>c</b> d", "a <b t='x>c</b> d"),
    ("<![CDATA[ a", "<![CDATA[ a"),
    ("a </", "a </"),
    ("a &#" + "9" * 5000 + "; &#x" + "f" * 5000 + "; &#0000000065; &#; &x;", "a \ufffd \ufffd A &#; &x;"),
    ("", ""),
    # elements that begin a line, and those that do not
    ("<blockquote>gait 15 min</blockquote><blockquote>calf 10 min</blockquote>", "gait 15 min\ncalf 10 min"),
    ("a<main>b</main>c<fieldset>d</fieldset>e<aside>f</aside>g<center>h</center>i", "a\nb\nc\nd\ne\nf\ng\nh\ni"),
    ("<select><option>a<option>b</select><dialog>c</dialog><figure>d</figure><nav>e</nav>f", "a\nb\nc\nd\ne\nf"),
    ("a<small>b</small><strong>c</strong><span>d</span><sup>e</sup><body2>f</body2><mainx>g", "abcdefg"),
    # hidden, and what only looks so
    ("<p style='display:none'>US to calf 8 min</p>O: gait", "O: gait"),
    ("<div style='color:red; DISPLAY : NONE !important'>a<div>b</div><br>c<p>d</div>e", "e"),
    ("<span style=visibility:hidden>a</span>b<span style='mso-hide:all'>c</span>d", "bd"),
    ("<p hidden>a</p>b<p hidden=''>c</p>d<div HIDDEN=hidden class=x>e</div>f", "b\nd\nf"),
    ("<p hidden/>a</p>b", "b"),
    ("<p title=hidden data-hidden=1>a</p><p class='hidden'>b</p><p style='display:block'>c</p>", "a\nb\nc"),
    ("a<input hidden>b<br hidden>c<img style='display:none'>d", "ab\ncd"),
    # struck
    ("<del>US 8 min</del>a<s>b</s>c<strike>d</strike>e<ins>f</ins>", "acef"),
    ("<s>a<b>b</s>c</b><span style='text-decoration: line-through'>d</span>e", "ce"),
    # hidden elements that end without being closed
    ("<p hidden>a<p>b", "b"),
    ("<p hidden>a<b>x<p>b</p></p>c", "c"),
    ("<ul><li>a<li hidden>b<b>x</ul>c", "a\nc"),
    ("<ul><li hidden>a</p>x<li>b</ul>", "b"),
    ("<table><tr><td hidden>a<td>b<tr style='display:none'><td>c</table>d", "b\nd"),
    ("<div hidden><p hidden>a<p>b</div>c", "c"),
]


@pytest.mark.parametrize(("source", "said"), SHOWN)
def test_what_is_shown(source: str, said: str) -> None:
    assert html_text(source) == said


@pytest.mark.parametrize(
    "name",
    [
        "<!--",
        "<script>",
        "<style a=b>",
        "<title>",
        "<template>",
        "<textarea>",
        "<iframe>",
        "<script/>",
        "<div hidden>",
        "<s>",
        "<del>",
        "<b style='display:none'>",
    ],
)
def test_what_hides_the_rest_and_never_ends_is_refused(name: str) -> None:
    with pytest.raises(OpenHtmlError):
        html_text(f"<div>O: calf {name} 15 min</div>" if "hidden" not in name else f"O: calf {name} 15 min")


HOSTILE = [
    "<", "<a ", "<a", "</", "</a ", "<!", "<!-", "<!-- -->", "<?", "<![", "<![CDATA[", "<![CDATA[>", "<![CDATA[]]>", "&", "&a", "&#", "&#1",
    "<div>", "</div>", "<a b=c>", "<a b=", '<a b="', "<a b='", "<a t=''", "<a =\n", "<a /", "<a/>", " ", "\n ", "\t\r\n", "-", "--", "--!", "=",
    '="', "='\"", "]]", "<td>", "<pre> ", "<title></title>", "<script></scrip</script>", "<textarea></textare</textarea>", "</script",
    "<template>", "</template>", "<p hidden>", "<b hidden>", "<s>", "</s>", "</b>", "</li>", "<li style=display:none>", "&lt;", "&notit", "\u0130",
]  # fmt: skip


def _visited(source: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """Characters looked at: from where each search begins to where it ends, to the end where it finds nothing."""
    seen = 0
    find = module._find

    def counted(pattern: re.Pattern[str], text: str, at: int) -> Any:
        nonlocal seen
        found = find(pattern, text, at)
        seen += (found.end() if found else len(text)) - at
        return found

    with monkeypatch.context() as patched:
        patched.setattr(module, "_find", counted)
        with contextlib.suppress(OpenHtmlError):
            html_text(source)
    return seen


@pytest.mark.parametrize("tail", ["", ">", "<p x='>'>", "-->", '">'])
@pytest.mark.parametrize("head", ["", "<pre>", "<a ", "<a b='", "<!--", "<script>"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_every_character_is_looked_at_three_times_at_most(
    head: str, hostile: str, tail: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for times in (50, 500):
        source = head + hostile * times + tail
        assert _visited(source, monkeypatch) <= 3 * len(source) + 10


@settings(max_examples=300, deadline=None, derandomize=True, database=None)
@given(st.lists(st.sampled_from([*HOSTILE, ">", "x", "'", '"']), max_size=60))
def test_no_mixture_is_looked_at_more_often_or_fails(pieces: list[str]) -> None:
    source = "".join(pieces)
    with pytest.MonkeyPatch.context() as patched:
        assert _visited(source, patched) <= 3 * len(source) + 10


def test_patterns_cannot_backtrack() -> None:
    """Each begins with a character and repeats nothing, so a failed try costs its own few characters."""
    patterns = {name: p.pattern for name, p in vars(module).items() if isinstance(p, re.Pattern)}
    patterns |= {f"_RAW {name}": p.pattern for name, p in module._RAW.items()}
    repeats = {name for name, pattern in patterns.items() if re.search(r"(?<!\\)[*+{]", pattern)}
    assert repeats == {"_SPACE", "_NUMBER"}, "these two are one class each, and match wherever they begin"
