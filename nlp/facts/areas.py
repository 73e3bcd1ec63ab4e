"""The area of wounds debrided at the visit."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nlp.facts.scan import NUMBER, area_words, around, number_of, within
from nlp.text import NoteText, Span

_TENS = "twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety"
_CM = r"(?:centimet\w+|cm)"
_AREA = re.compile(
    rf"(?P<whole>of (?:the |a )?(?:total )?)?(?P<num>\b\d{{1,3}}(?:\.\d+)?|\b(?:{_TENS})(?:[- ]{NUMBER})?|\b{NUMBER})\s*"
    rf"(?:sq(?:uare)?\.?\s*{_CM}|{_CM}\s*(?:2\b|\^2|\u00b2|sq\b|squared)|sqcm)"
    rf"|(?P<a>\d{{1,3}}(?:\.\d+)?)\s*(?:{_CM}|mm)?\s*(?:x|by)\s*(?P<b>\d{{1,3}}(?:\.\d+)?)\s*(?:(?:x|by)\s*\d{{1,2}}(?:\.\d+)?\s*)?(?:{_CM}|(?P<mm>mm\b))",
    re.I,
)
_MM2 = 100
"""Square millimetres in a square centimetre."""
_SUM = re.compile(r"\b(?:total|in all|altogether|combined|sum|overall)\b", re.I)
_SHARES = {"half": 1 / 2, "third": 1 / 3, "quarter": 1 / 4, "fourth": 1 / 4, "fifth": 1 / 5}
_SHARE = re.compile(
    rf"\b(?:(?P<percent>100|\d{{1,2}})\s*(?:%|percent\b|per cent\b)|(?:(?P<times>\d|{NUMBER}|a|one)[ -]+)?(?P<part>{'|'.join(_SHARES)})s?\b)",
    re.I,
)
_SHARE_OF = re.compile(
    r"\s*(?:of\s+)?(?:the\s+|this\s+|its\s+|total\s+|whole\s+|entire\s+)*(?:wound|ulcer|surface|area|base|bed|lesion|it\b)|\s*(?:of\s+(?:the\s+|a\s+)?)?$"
    r"|\s+(?:was\s+|were\s+|is\s+)?debrided",
    re.I,
)
_LEFT_ALONE = re.compile(
    r"\b(?:not|un)[ -]?(?:debrided|touched)|\b(?:granulat|epitheli|healed|closed|reduc|decreas|smaller)\w*", re.I
)
_STOP = re.compile(r"[;\n]|\.(?!\d)")


def debrided_area(note: NoteText, spans: Sequence[Span]) -> tuple[float, tuple[Span, ...]] | None:
    """The area debrided at the visit in square centimetres and where it stands.

    The first of: areas in the spans, in a sentence that a span reaches, of the wound measured elsewhere in the note.
    Areas of other things (electrodes, dressings), of other days and of wounds at other sites are left out. Areas stated as
    such go before products of two lengths; several add up unless one is called the total. Of a size of which only a share was
    debrided, the share counts; a size that is only measured, in a sentence that debrides nothing, is no area debrided.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> for words in ("over thirty square centimeters", "3.2 x 2.5 cm = 8 sq cm", "W1 12 sq cm, W2 10 sq cm"):
    ...     print(debrided_area(read_text(words), []))
    (30.0, ((5, 30),))
    (8.0, ((15, 22),))
    (22.0, ((3, 11), (16, 24)))
    >>> debrided_area(read_text("Debrided heel ulcer 2 x 2 cm, foam 5 x 5 cm. Electrodes 5 x 9 cm"), [(0, 20)])
    (4.0, ((20, 28),))
    """
    found: list[tuple[bool, float, Span]] = []
    for match in _AREA.finditer(note.flat):
        if match["num"]:
            words = match["num"].lower().replace("-", " ").split()
            value = float(words[0]) if words[0][0].isdigit() else float(sum(map(number_of, words)))
            found.append((True, value, (match.start("num"), match.end())))
        else:
            found.append((False, float(match["a"]) * float(match["b"]) / (_MM2 if match["mm"] else 1), match.span()))
    found = [(stated, value * _share(note.flat, span, stated), span) for stated, value, span in found]
    found = [f for f in found if f[0] or not _is_size(note.flat, f[2])]
    found = _of_wounds(note.flat, found, spans)
    found = [f for f in found if f[0]] or found
    for _, value, span in found:
        around = (
            note.flat[max(0, span[0] - 16) : span[0]]
            + " "
            + re.split(r"[,;.\n]", note.flat[span[1] : span[1] + 16])[0]
        )
        if len(found) > 1 and _SUM.search(around):
            return value, (span,)
    # The sum of wounds debrided to one depth is CPT's rule; facts.md is silent, and depth is not read here.
    return (sum(f[1] for f in found), tuple(f[2] for f in found)) if found else None


def _share(flat: str, span: Span, stated: bool) -> float:
    """What share of a wound's size was debrided, by the words of its sentence; 1 where none is named.

    Parameters
    ----------
    stated : whether the size is an area as such, which a share must be said of ("25% of the 120 sq cm wound").
    """
    start, end = around(flat, span, _STOP)
    if not area_words("debriding").search(flat, start, end):
        return 1.0
    for match in _SHARE.finditer(flat, start, end):
        before = match.end() <= span[0]
        if stated and (not before or flat[match.end() : span[0]].split() not in (["of"], ["of", "the"], ["of", "a"])):
            continue
        stop = span[0] if before else end
        behind = re.split(r"[,;]", flat[match.end() : stop])[0]
        debrided = re.search(r"debrid\w*\s*$", flat[start : match.start()], re.I)
        if not (debrided or _SHARE_OF.match(behind)) or _LEFT_ALONE.search(behind):
            continue
        if match["percent"]:
            return int(match["percent"]) / 100
        times = (match["times"] or "1").lower()
        return (1 if times in ("a", "one") else number_of(times)) * _SHARES[match["part"].lower()]
    return 1.0


def _is_size(flat: str, span: Span) -> bool:
    """Whether a product of two lengths is only the wound's measure: words for measuring lead it, and its sentence debrides nothing."""
    start, end = around(flat, span, _STOP)
    return bool(area_words("measuring").search(flat, start, span[0])) and not area_words("debriding").search(
        flat, start, end
    )


def _of_wounds(
    flat: str, found: Sequence[tuple[bool, float, Span]], spans: Sequence[Span]
) -> list[tuple[bool, float, Span]]:
    """The areas of what was debrided; see `debrided_area`."""
    kept = [f for f in found if not _of_another(flat, f[2])]
    kept = [f for f in kept if not area_words("after").search(flat, max(0, f[2][0] - 32), f[2][0])] or kept
    inside = [f for f in kept if within(*f[2], spans)]
    if inside or not spans:
        return inside or kept
    sentences = [around(flat, span, _STOP) for span in spans]
    beside = [f for f in kept if within(*f[2], sentences)]
    if beside:
        return beside
    sites = {m[0].lower() for a, b in sentences for m in area_words("site").finditer(flat, a, b)}
    out = []
    for item in kept:
        start, end = around(flat, item[2], _STOP)
        named = {m[0].lower() for m in area_words("site").finditer(flat, start, end)}
        if (item[0] or area_words("wound").search(flat, start, end)) and (not sites or not named or sites & named):
            out.append(item)
    return out


def _of_another(flat: str, span: Span) -> bool:
    """Whether an area is of another thing than a wound, by the word nearest to it, or of another time."""
    start, end = around(flat, span, _STOP)
    behind = re.split(r"[,(]", flat[span[1] : end])[0]
    behind = " ".join(behind.split()[:3])
    clause = re.split(r",\s|\band\b|\bnow\b|\btoday\b", flat[start : span[0]])[-1]
    if area_words("another_time").search(clause) or area_words("another_time").match(behind):
        return True
    wound, thing = area_words("wound"), area_words("other_thing")
    first = min((m.start() for m in thing.finditer(behind)), default=None)
    if first is not None and not wound.search(behind[:first]) and len(behind[:first].split()) <= 1:
        return True
    last_thing = max((m.start() for m in thing.finditer(flat, start, span[0])), default=-1)
    return last_thing > max((m.start() for m in wound.finditer(flat, start, span[0])), default=-1)
