"""Services named by the writer: headings, codes, and names with minutes behind a list."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from corpus.code_form import CODE_FORM
from corpus.services import service_of_code
from nlp.entries import entries_of
from nlp.interventions import find_mentions
from nlp.names import CODE, names
from nlp.note import Mark, ParsedNote, Role
from nlp.parallel import parallels_of
from nlp.text import NoteText

_HALF_DAY = r"(?:\s?(?:[AaPp]\.?[Mm]\.?)(?![A-Za-z]))?"
_AMOUNT = r"(?:\(?\s*+(?:x|=|-|:|@|for)?\s*+\d{1,3}\s*+(?:'|min(?:ute)?s?\b|m\b|mins?\b|units?\b|u\b)?\s*+\)?|\[\s*+\d{1,3}\s*+(?:'|min|m)?\s*+\])"
_FROM_TO = rf"(?:from\s++)?\d{{1,2}}:[0-5]\d{_HALF_DAY}\s*+(?:-|–|to\b)\s*+\d{{1,2}}:[0-5]\d{_HALF_DAY}"
_BEGINS = re.compile(rf"[\s•*-]*+{_FROM_TO}")
_CODE_BEHIND = rf"(?:[)\]]?[ \t]*+[-–:]?[ \t]*+[(\[]?[ \t]*+(?:CPT[ \t]*+[#:]?[ \t]*+)?{CODE_FORM}\b[ \t]*+[)\]]?)?"
_LEADER = r"(?:[ \t]*+(?:\.{2,}|_{2,}|…))?"
_SINGLY = r"(?:[ \t]*+\(?(?:1:1|1[- ]on[- ]1|one[- ]on[- ]one|indiv(?:idual(?:ly)?)?)\)?(?=[ \t]*+(?:[:(=-]|\d|$)))?"
HEAD_TAIL = re.compile(
    rf"{_CODE_BEHIND}{_SINGLY}{_LEADER}\s*+(?:/|&|\+|and|,)?\s*+(?:(?:{_FROM_TO}|{_AMOUNT})\s*+)?(?:x\s*+\d\s*+(?:units?|u)\b\s*+)?(?:(?<!\d):|:(?!\d)|-{{1,2}}(?=\s)|=|\||\(|\[|→|$)"
)
OWN_TIME = re.compile(
    r"[ \t]{0,40}(?:x[ \t]?)?\d{1,3}(?:[ \t]?[-+&/][ \t]?\d{1,3})?[ \t]?(?:'(?!\d)|min(?:ute)?s?\b|m\b)", re.I
)
"""Behind a heading's sign: how long it took ("TE: 25 min"), which is said of the name and not of what follows it."""
_TAIL_AMOUNT = re.compile(
    rf"\s*+(?:[Tt](?:ime|IME)\b\s*+)?[:=x(\[@-]*\s*+(?:for\s+|from\s+)?(?:\d{{1,2}}:[0-5]\d{_HALF_DAY}\s*+(?:-|–|to\b)|(?!0\b)\d{{1,3}}(?:\s*+(?:'|min\b|mins\b|minutes?\b|m\b|units?\b|u\b|[)\],;|.]|\+\d|$)|(?=\s+(?:[A-Z(]|[/+&=]\s|tot(?:al)?\b))))"
)
_ANY_AMOUNT = re.compile(r"\s*+[:=x(\[@-]*+\s*+\d{1,3}(?![\d%°]|\.\d|\s*+/\s*+\d)")
"""Behind a name in small letters, or before more words: a name only beside others that stand so."""
COLUMN = re.compile(
    r"[ \t]{1,40}(?P<num>\d{1,2})(?=[ \t]{2,40}(?!(?:reps?|sets?|secs?|min|feet|ft|yds?|lbs?|kg|cm|mm|in|inch|inches|deg|degrees|units?|times|laps?"
    r"|visits?|pts?|points|of|to|out|years?|yo|days?|weeks?|wks?|each|ea|steps?(?=[ \t]*(?:$|[,;.\n]|w/|(?:with|on|up|down|x)\b)))\b)[a-z]{2})",
    re.M,
)
"""Behind the name that opens its line: a number set off by spaces from small letters, so many minutes ("BALANCE 15    step taps")."""
_TIMED = re.compile(
    r"(?<![\w.:/-])\d{1,3}\s?(?:'|min(?:ute)?s?\b\.?)\s*+(?:of\s+)?(?:(?:individual|ind|1:1|one[- ]on[- ]one|direct|skilled)\s+)?$",
    re.I,
)
"""Right before an acronym, makes it the name of what the time was spent on: "20 min TE, 15 min of NMR"."""
_ENDS_NAME = re.compile(r"\s*+(?:$|[.,;)\]|&+]|(?:today|and|then|plus|w/|with|to|for|on|in)(?![\w/]))", re.I)
_CLOSED = re.compile(r"\s*+[)\]]|\s*+$")


def _opens(flat: str, start: int) -> bool:
    """Whether nothing but a bullet, a box, a number or other marks stands before ``start`` in its line
    or sentence.
    """
    at = start
    while at and flat[at - 1] in " \t([":
        at -= 1
    if at > 1 and flat[at - 2 : at] in ("=>", "->"):
        return False
    if at and flat[at - 1] in "mM0123456789" and _BEGINS.fullmatch(flat, flat.rfind("\n", 0, at) + 1, at):
        return True
    return at == 0 or flat[at - 1] in "\n\r|.;:•*]>)-/&+"


def is_glued(flat: str, start: int) -> bool:
    """Whether a capitalised word stands right behind an amount, as in a paste without line ends: "4x15sTherapeutic Activities"."""
    return start > 0 and flat[start - 1].isalnum() and flat[start].isupper() and flat[start + 1 : start + 2].islower()


def opens_line(flat: str, start: int) -> bool:
    """Whether nothing but a bullet stands before a code point in its line."""
    return not flat[flat.rfind("\n", 0, start) + 1 : start].strip(" \t-*•")


def _line_end(flat: str, at: int) -> int:
    found = flat.find("\n", at)
    return len(flat) if found < 0 else found


def find_marks(note: NoteText) -> list[Mark]:
    r"""Service names and codes that stand as names, in order.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> marks = find_marks(read_text("Ther Ex: SLR\nSTM, PA glides   MT 12'\nTA 16 GT 14 Tot 30 min"))
    >>> [(m.service, m.role) for m in marks]
    [('ther_ex', 'head'), ('manual', 'tail'), ('ther_act', 'list'), ('gait', 'list')]
    >>> [(m.service, m.role) for m in find_marks(read_text("te 20 nmr 15, then balance 10 sec"))]
    [('ther_ex', 'list'), ('neuro_reed', 'list')]
    >>> [(m.service, m.role) for m in find_marks(read_text("Did TE and NMR well"))]
    [('ther_ex', 'inline'), ('neuro_reed', 'inline')]
    """
    flat = note.flat
    found: list[Mark] = []
    faint: set[Mark] = set()
    beside: list[Mark] = []
    short: set[Mark] = set()
    services = service_of_code()
    for match in CODE.finditer(flat):
        if match["code"] in services:
            opens = _opens(flat, match.start())
            role: Role = "head" if opens else "tail"
            found.append(Mark(match.start(), match.end(), services[match["code"]][0], role, match["code"]))
    taken = {(mark.start, mark.end) for mark in found}
    for first, end_token, payloads in names().find(note.norms, note.pairs):
        start, end = note.starts[first], note.ends[end_token - 1]
        raw = flat[start:end]
        for service, acronym in payloads:
            if _means_another(note, (start, end), service):
                continue
            named = None
            if not acronym or note.shouting or raw.isupper():
                named = _role(flat, start, end, capital=raw[:1].isupper(), acronym=acronym)
            mark = Mark(start, end, service, named or "tail")
            if named is None and _ANY_AMOUNT.match(flat, end):
                faint.add(mark)
            elif named is None:
                mark = replace(mark, role="inline")
                beside.append(mark)
                if acronym and (note.shouting or raw.isupper()):
                    short.add(mark)
                    break
                continue
            if (start, end) not in taken:
                found.append(mark)
                taken.add((start, end))
                break
    found.sort(key=lambda mark: mark.start)
    found = _with_their_codes(flat, found)
    found = [mark for mark in _lists(flat, found) if mark not in faint]
    found = _in_rows(flat, found, beside, short) if beside else found
    return _with_numbered(note, found)


def _means_another(note: NoteText, name: tuple[int, int], service: str) -> bool:
    """Whether a name is part of the longer name of what the vocabulary knows not as that service ("manual cervical traction", "spa massage")."""
    mentions = note.once("mentions", find_mentions)
    at = bisect_right(mentions, name[0], key=lambda m: m.start) - 1
    if at < 0 or mentions[at].end < name[1] or service in mentions[at].concept.priors:
        return False
    more = note.flat[mentions[at].start : name[0]] + note.flat[name[1] : mentions[at].end]
    return any(map(str.isalpha, more))


def _with_numbered(note: NoteText, marks: Sequence[Mark]) -> list[Mark]:
    """The marks, and names that stand in a list with a number each, or in a row with as many numbers."""
    rows = {called.start: called for row in parallels_of(note) for called in row.named}
    turns = {entry.called.start: entry.called for entry in entries_of(note) if entry.called.named}
    if not rows and not turns:
        return list(marks)
    out = [
        replace(m, role="list") if m.start in rows or (m.start in turns and m.role == "inline") else m for m in marks
    ]
    taken = {at for mark in out for at in range(mark.start, mark.end)}
    for called in (rows | turns).values():
        if taken.isdisjoint(range(called.start, called.end)):
            code = CODE.fullmatch(note.flat, called.start, called.end)
            out.append(Mark(called.start, called.end, called.services[0], "list", code["code"] if code else None))
    out.sort(key=lambda mark: mark.start)
    listed = _lists(note.flat, [mark for mark in out if mark.role != "inline"])
    return sorted([*listed, *(mark for mark in out if mark.role == "inline")], key=lambda mark: mark.start)


_JOINS_CODE = re.compile(r"[ \t]*+[-–:]?[ \t]*+[(\[]?[ \t]*+(?:CPT[ \t]*+[#:]?[ \t]*+)?", re.I)
_CLOSING_BRACKET = re.compile(r"[ \t]*+[)\]]")


def _with_their_codes(flat: str, marks: Sequence[Mark]) -> list[Mark]:
    """The marks, a name and the code of the same service that make one heading both heads: "MANUAL 97140 ..... 10 min"."""
    out: list[Mark] = []
    for mark in marks:
        before = out[-1] if out else None
        if before and before.role == "head" and mark.role == "tail" and before.service == mark.service:
            joined = (before.code is None) != (mark.code is None) and _JOINS_CODE.fullmatch(
                flat, before.end, mark.start
            )
            closed = _CLOSING_BRACKET.match(flat, mark.end)
            if joined and HEAD_TAIL.match(flat, closed.end() if closed else mark.end, _line_end(flat, mark.end)):
                mark = replace(mark, role="head")  # noqa: PLW2901
        out.append(mark)
    return out


COORDINATOR = re.compile(r"[ \t]*+(?:,[ \t]*+(?:and\b)?|[/&+]|and\b|plus\b|then\b)[ \t]*+", re.I)
_CLOSES = re.compile(r"\s*+(?:[.;)\]]|$)")


def _in_rows(flat: str, found: Sequence[Mark], beside: Sequence[Mark], short: Collection[Mark]) -> list[Mark]:
    """All marks, with those names beside them that stand in a row with another: "Did TE and NMR".

    A row that opens a line and stands before what it covers is one heading ("TE and NMR: squats"). Names that are no acronyms
    count only there and where the row is all that is said ("gait, transfers"), for they are words of the language too.

    Parameters
    ----------
    found, beside : marks that stand as names by themselves, and names that do not; in any order.
    short : those of ``beside`` that are acronyms in capitals.
    """
    kept = frozenset(found)
    out: list[Mark] = []
    for row in _rows(flat, sorted((*found, *beside), key=lambda mark: mark.start)):
        if len(row) < 2:
            out.extend(mark for mark in row if mark in kept)
            continue
        end = _line_end(flat, row[-1].end)
        opens = _opens(flat, row[0].start)
        heads = opens and row[-1].role != "list" and HEAD_TAIL.match(flat, row[-1].end, end) is not None
        alone = opens and _CLOSES.match(flat, row[-1].end, end) is not None
        for mark in row:
            if heads and not alone:
                out.append(replace(mark, role="head"))
            elif mark in kept or mark in short or alone:
                out.append(mark)
    return out


def _rows(flat: str, marks: Sequence[Mark]) -> Iterator[list[Mark]]:
    """Names with nothing but commas and coordinators between them."""
    row: list[Mark] = []
    for mark in marks:
        if row and not (mark.service != row[-1].service and COORDINATOR.fullmatch(flat, row[-1].end, mark.start)):
            yield row
            row = []
        row.append(mark)
    if row:
        yield row


def _role(flat: str, start: int, end: int, *, capital: bool, acronym: bool) -> Role | None:
    line_end = _line_end(flat, end)
    if _opens(flat, start) or (capital and not acronym and is_glued(flat, start)):
        after = HEAD_TAIL.match(flat, end, line_end)
        if after and not (flat[after.end() - 1 : after.end()] == "(" and not capital):
            return "head"
        if capital and opens_line(flat, start) and COLUMN.match(flat, end, line_end):
            return "tail"
    if _TAIL_AMOUNT.match(flat, end, line_end):
        return "tail"
    if acronym and _CLOSED.match(flat, end, line_end) and start and flat[start - 1] in " ([=-":
        return "tail"
    if acronym and _ENDS_NAME.match(flat, end, line_end) and _TIMED.search(flat, max(0, start - 28), start):
        return "tail"
    return None


_AMOUNTS = re.compile(r"(?:[^A-Za-z\n]|(?<![A-Za-z])(?:min|mins|minutes|m|u|units?|and|x|for)(?![A-Za-z]))*")


def only_amounts(flat: str, start: int, end: int) -> bool:
    """Whether nothing but amounts stands in ``start:end``, and at least one.

    Examples
    --------
    >>> only_amounts("TE x 20 min, MT 10", 2, 13), only_amounts("TE then MT 10", 2, 8)
    (True, False)
    """
    between = flat[start:end]
    return len(between) < 24 and bool(_AMOUNTS.fullmatch(between)) and any(map(str.isdigit, between))


_WORDS_BEHIND = re.compile(r"[^\n:]{0,8}(?:1:1|[^\n:]{0,16}):[ \t]{0,4}[A-Za-z]")


def _heads_words(flat: str, before: int, mark: Mark) -> bool:
    """Whether a name opens a sentence of its own and heads words: "chair exercises 20 min. TE: SLR 3x10"."""
    apart = flat[before : mark.start].rstrip().endswith(".")
    return apart and mark.role == "head" and _WORDS_BEHIND.match(flat, mark.end) is not None


def _lists(flat: str, marks: list[Mark]) -> list[Mark]:
    """Give the role ``list`` to runs of two or more names that stand with minutes and nothing between."""
    out = list(marks)
    runs: list[list[int]] = []
    for index, mark in enumerate(marks):
        before = marks[index - 1].end if index else 0
        if index and runs and only_amounts(flat, before, mark.start) and not _heads_words(flat, before, mark):
            runs[-1].append(index)
            continue
        runs.append([index])
    for run in runs:
        if len(run) > 1:
            for index in run:
                mark = marks[index]
                out[index] = Mark(mark.start, mark.end, mark.service, "list", mark.code)
    return out


def marks_of(note: ParsedNote) -> list[Mark]:
    """Named services, found now if they were not."""
    if note.marks is None:
        note.marks = find_marks(note.text)
    return note.marks


_NOUGHT = re.compile(
    r"[ \t]{0,40}(?P<sign>[|/\t]|[:=–-]|\.{2,}|(?=0[ \t]?(?:min|m\b|'|u)))[ \t]{0,40}(?P<amount>0|-{1,3}|–|—|n/?a|_{2,12}|no|none|nil|not[ \t](?:done|performed|provided|today)|n/t)(?:[ \t]?(?:min(?:ute)?s?\b\.?|m\b|'|units?\b))?[ \t]{0,40}(?P<rest>$|[|/\t;,.(\n][^\n\d]{0,200}$)",
    re.I | re.M,
)
_FILLED = re.compile(
    r"[ \t]{0,40}(?P<sign>[|/\t])[ \t]{0,40}[1-9]\d{0,2}(?:[ \t]?(?:min(?:ute)?s?\b\.?|m\b|'))?[ \t]{0,40}(?:$|[|/\t\n])",
    re.I | re.M,
)
_EMPTY = re.compile(r"[ \t]{0,40}:[ \t]{0,40}(?P<dash>-{1,3}|–|—)?[ \t]{0,40}$", re.M)
_LABEL = re.compile(r"[ \t]{0,40}[A-Za-z][\w /&'-]{0,40}:")
_CELLS = frozenset("|/\t")
_SAID = frozenset("0_nN")
"""What an amount begins with that says by itself that nothing was done."""
_JOINS = re.compile(r"[ \t]{0,3}[-–:(]?[ \t]{0,3}")


def _named_to(flat: str, end: int, named: Sequence[tuple[int, int]]) -> int:
    """Where a name ends with the names right behind it: "97112 Neuromuscular Re-ed"; ``named`` in order."""
    at = bisect_left(named, (end, 0))
    while at < len(named) and _JOINS.fullmatch(flat, end, named[at][0]):
        stop = named[at][1]
        end = stop + (flat[stop : stop + 1] == ")")
        at = bisect_left(named, (end, 0), at + 1)
    return end


def nought_lines(note: NoteText, heads: Collection[int] = ()) -> frozenset[int]:
    r"""Lines that begin with a service's name or code and say that it took no time; a dash says so in a row whose like have a time,
    and so does nothing at all before the next heading.

    Parameters
    ----------
    note : the note.
    heads : lines that open with a known heading.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> sorted(nought_lines(read_text("ADL / 0 / bench deferred\nTher ex / 25 / rows\nNMR: 0 min\nUS / - /")))
    [0, 2, 3]
    >>> sorted(nought_lines(read_text("Ther act | - | lifts\nTher ex | 3x10 | rows\nMT: 0 pain after")))
    []
    >>> sorted(nought_lines(read_text("TE: bike\nMT 0 min\nNMR:\nGait: -\nSpent: 40 min")))
    [1, 2, 3]
    """
    flat = note.flat
    found = [
        (note.starts[first], note.ends[end - 1], said) for first, end, said in names().find(note.norms, note.pairs)
    ]
    called = {start: {service for service, _ in said} for start, _, said in found}
    named = [(start, end) for start, end, _ in found]
    named += [match.span() for match in CODE.finditer(flat) if match["code"] in service_of_code()]
    named.sort()
    ends = {start: end for start, end in named if not flat[flat.rfind("\n", 0, start) + 1 : start].strip(" \t-*•|")}
    ends = {start: _named_to(flat, end, named) for start, end in ends.items()}
    signs = {match["sign"] for end in ends.values() if (match := _FILLED.match(flat, end))}
    lines = [line.start for line in note.lines]
    opened = {bisect_right(lines, start) - 1: called.get(start, set()) for start in ends}
    out = set()
    for start, end in ends.items():
        at = bisect_right(lines, start) - 1
        match = _NOUGHT.match(flat, end)
        if match and (match["amount"][0] in _SAID or (match["sign"] in _CELLS and match["sign"] in signs)):
            out.add(at)
        elif empty := _EMPTY.match(flat, end):
            below = next((n for n in range(at + 1, len(lines)) if flat[lines[n] : note.lines[n].end].strip()), None)
            if (
                below is None
                or below in heads
                or (below in opened and opened[below].isdisjoint(opened[at]))
                or (empty["dash"] and _LABEL.match(flat, lines[below]))
            ):
                out.add(at)
    for row in parallels_of(note):
        if row.minutes == (0,):
            out.add(bisect_right(lines, row.start) - 1)
    return frozenset(out)
