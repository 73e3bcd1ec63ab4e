"""Who writes a note and who treats: read from titles, signatures, headings and sentences, never from a bare mention.

"PTA" is also a percutaneous transluminal angioplasty, "prior to admission" and many a patient's trade; "pt" is first of
all the patient. The words are data (``corpus/data/staff.toml``); here is only what has to stand where.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from itertools import islice

from corpus.facts import load_facts
from corpus.tables import DATA
from nlp.text import NoteText

_TITLES = {"pt_title": "PT", "ot_title": "OT", "slp_title": "SLP"}
_THERAPISTS = {"pt_credential": "PT", "ot_credential": "OT", "slp_credential": "SLP"}
_ASSISTANTS = {"pta_credential": "PTA", "cota_credential": "COTA"}
_PLAN_OF = {"PTA": "PT", "COTA": "OT"}
_CREDENTIALS = (*_ASSISTANTS, *_THERAPISTS)


def discipline_of(note: NoteText) -> str | None:
    """PT, OT or SLP, when titles, signatures and treating assistants of the note are all of one.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> discipline_of(read_text("OCCUPATIONAL THERAPY DAILY NOTE. Dressing with reacher 15 min"))
    'OT'
    >>> discipline_of(read_text("Bike 8 min. Maria Lopez, PT, DPT"))
    'PT'
    >>> discipline_of(read_text("Works as a COTA. Bike 8 min."))
    """
    said = {_TITLES[_label_of(m[0])] for m in _pattern(*_TITLES).finditer(note.flat)}
    said |= {_THERAPISTS.get(label) or _PLAN_OF[_ASSISTANTS[label]] for label in note.once("staff", _present)}
    return said.pop() if len(said) == 1 else None


def assistant_of(note: NoteText) -> str | None:
    """PTA or COTA, when exactly one of them is said to have treated or signed; a student is neither.

    Examples
    --------
    >>> from nlp.text import read_text
    >>> assistant_of(read_text("Bike 8 min. J. Ortiz, PTA"))
    'PTA'
    >>> assistant_of(read_text("S/p PTA of L SFA. Pain PTA 6/10. Discussed with PTA."))
    """
    said = {_ASSISTANTS[label] for label in note.once("staff", _present) if label in _ASSISTANTS}
    return said.pop() if len(said) == 1 else None


@cache
def _pattern(*labels: str) -> re.Pattern[str]:
    """Any spelling of the words with these labels, as whole words."""
    facts = load_facts(DATA / "staff.toml")
    names = sorted({name for label in labels for _, name in facts[label].spellings()}, key=len, reverse=True)
    spelt = "|".join(re.escape(name).replace(r"\ ", r"\s+") for name in names)
    return re.compile(rf"(?<![\w.])(?:{spelt})(?!\w)", re.I)


@cache
def _labels() -> dict[str, str]:
    facts = load_facts(DATA / "staff.toml")
    return {name.lower(): label for label in (*_TITLES, *_CREDENTIALS) for _, name in facts[label].spellings()}


def _label_of(spelt: str) -> str:
    return _labels()[" ".join(spelt.lower().split())]


# A name: initials and capitalised words; "Mary Ann O'Brien-Smith", "J. R. ORTIZ".
_NAME_PART = r"(?:[A-Z]\.?|[A-Z][a-z]*\.|[A-Z][A-Za-z]*(?:['-][A-Za-z]+)*)"
_NAME = re.compile(
    rf"(?<![\w'-]){_NAME_PART}(?:\s*(?<=\.)|[ ]+)(?:{_NAME_PART}(?:\s*(?<=\.)|[ ]+)){{0,2}}[A-Z][A-Za-z'-]+$"
)
_SURNAME = re.compile(r"(?<![\w'-])[A-Z][A-Za-z'-]+$")
_INITIALS = re.compile(r"[-/_ ]*[A-Z](?:\.?[A-Z]){1,2}\.?")
_SMALL_NAME = re.compile(r"^[a-z][a-z'.-]*(?:\s+[a-z][a-z'.-]*){1,2}$", re.I)
_LAST_FIRST = re.compile(r"(?<![\w'-])[A-Z][A-Za-z'-]+,[ ]+[A-Z][A-Za-z.'-]*(?:[ ]+[A-Z]\.?)?$")
_NAME_BEHIND = re.compile(
    rf"\s*[:,-]?\s*(?P<name>{_NAME_PART}(?:\s*(?<=\.)|[ ]+)(?:{_NAME_PART}(?:\s*(?<=\.)|[ ]+))?[A-Z][A-Za-z'-]+)\s*(?:$|[,/(.])"
)
_NAMED_BEHIND = re.compile(r"\s*[:-]\s*[A-Z](?:\.|[a-z'-]+)\s*[A-Z][A-Za-z'-]+\s*(?:$|[,/(])")
_TAIL = re.compile(
    r"[\s.,)\]-]*(?:$|\(?\s*(?:lic\b|license|#|no\.|npi|\d{1,2}[/:.-]\d|\d{4,}|date|time|signed|e-?signed|electronic|reviewed|"
    r"supervis|under\b|co-?sign|treated|on \d|at \d|from \d))",
    re.I,
)
_NOTHING_MORE = re.compile(r"[\s.;|_/-]*(?:(?:lic|npi|date|time|\d)[^\n]*\s*)?", re.I)
_BREAK = re.compile(r"[\n;|\u2022]|[.!?](?=\s)|\s/\s|\s{3,}|\t")
_INITIAL_NAME = re.compile(r"\s+[A-Z]\.\s*[A-Z][a-z]")
_ABBREVIATED = re.compile(r"(?:\b[A-Za-z]|\b(?:dr|mr|mrs|ms|jr|sr|st|cert|lic|no|cont))$", re.I)
_BY_OR_WITH = re.compile(r"(?:\bby|\bwith|\bw/)\s*[:(]?\s*$", re.I)
_WITH = re.compile(r"(?:\bwith|\bw/)\s*$", re.I)
_CLAUSE = re.compile(r"[,:]\s+|\s+-+\s+")
_HEADED = r"\s*(?:[:=]|-+|/s/|\()?\s*$"


def _present(note: NoteText) -> frozenset[str]:
    """Labels of the credentials whose owner wrote or treated."""
    found = set()
    pieces = _pieces(note.flat)
    starts = [start for start, _ in pieces]
    for match in islice(_pattern(*_CREDENTIALS).finditer(note.flat), _MOST_MENTIONS):
        if match[0] in _PATIENT and note.flat[match.end() : match.end() + 3].strip(" .,)")[:1].isalpha():
            continue
        label = _label_of(match[0])
        start, end = pieces[bisect_right(starts, match.start()) - 1]
        before = note.flat[max(start, match.start() - _REACH) : match.start()]
        after = note.flat[match.end() : min(max(end, match.end()), match.end() + _REACH)]
        if _Mention(note, label, before, after, is_last=_ends(note.flat, end)).counts(match[0]):
            found.add(label)
    return frozenset(found)


def _ends(flat: str, at: int) -> bool:
    """Whether the note ends at a place, but for a date, a licence or another's letters."""
    return len(flat) - at < _LEFT or _NOTHING_MORE.fullmatch(flat, at) is not None


_REACH = 200  # characters of a sentence looked at on either side
_MOST_MENTIONS = 1000  # no note names that many; a text that does must not take long
_LEFT = 24  # characters: room for " / Maria Lopez, PT" and no sentence
_PATIENT = frozenset({"pt", "Pt"})


def _pieces(flat: str) -> list[tuple[int, int]]:
    """Sentences, lines and what is set apart in them; the full stop of an initial ends none."""
    out = []
    start = 0
    for match in _BREAK.finditer(flat):
        # "P: cont. T. Roe PT": a plan ends, a signature begins
        signature = flat[match.start() - 4 : match.start()].lower() == "cont" and _INITIAL_NAME.match(
            flat, match.end()
        )
        abbreviated = _ABBREVIATED.search(flat, max(start, match.start() - 5), match.start())
        if match[0] == "." and abbreviated and not signature:
            continue
        out.append((start, match.start()))
        start = match.end()
    return [*out, (start, len(flat))]


class _Mention:
    """A credential in its sentence.

    Parameters
    ----------
    note : the note.
    label : of the credential.
    before, after : what stands before and behind it in its sentence.
    is_last : whether its sentence is the note's last.
    """

    def __init__(self, note: NoteText, label: str, before: str, after: str, *, is_last: bool) -> None:
        self.is_assistant = label in _ASSISTANTS
        self.is_cota = label == "cota_credential"
        self.shouting = note.shouting
        self.is_last = is_last
        self.before, self.after = _without_letters(before, after)

    def counts(self, spelt: str) -> bool:
        """Whether its owner wrote the note or treated."""
        if self._is_students():
            return False
        if self._signs(is_small=spelt.islower() or self.shouting):
            return True
        return self.is_assistant and (self._speaks() or self._treats())

    def _is_students(self) -> bool:
        student = _pattern("student")
        return bool(
            student.match(self.after.lstrip(" -")) or re.search(rf"{student.pattern}[\s,-]*$", self.before, re.I)
        )

    def _signs(self, *, is_small: bool) -> bool:
        """A name before the letters and nothing but a date or licence behind them, alone or behind what leads to it."""
        text = self.before.rstrip(" ,(-")
        behind = _NAME_BEHIND.match(self.after)
        if behind and not is_small and _is_name(behind["name"]) and not _TAIL.match(self.after):
            heads = re.search(rf"(?:^|[,.)]\s*){_pattern('signs').pattern}\s*[:=]\s*$", self.before, re.I)
            ends = self.is_assistant and self.is_last and self.before.rstrip().endswith(",")
            return bool(heads or ends) and not self._is_another(text)
        if not _TAIL.match(self.after):
            return False
        lead = re.match(rf".*?(?:{_pattern('signs').pattern}){_HEADED}", text, re.I)
        if not text:
            return self.is_last and not self.after.strip(" .")
        if lead and self.before.rstrip().endswith((":", "=")):
            return not self._is_another(lead[0])
        if _INITIALS.fullmatch(text.strip()) and _is_name(text):
            return self.is_assistant and self.is_last and not is_small
        turned = _LAST_FIRST.search(text)
        if turned and not is_small and _is_name(turned[0]) and self._is_led(text[: turned.start()]):
            return not self._is_another(text[: turned.start()])
        name = _NAME.search(text) or (_SURNAME.search(text) if self.before.rstrip().endswith(",") else None)
        if name and not self.shouting and not is_small and _is_name(name[0]):
            led = text[: name.start()]
            if not self.is_assistant and (name.re is _SURNAME or _WITH.search(led)):
                return False
            apart = (
                not led.strip()
                or re.search(r"(?:[,:)\u2022=-]|/s/|\.(?<!\bDr\.)(?<!\bM[rs]\.))\s*$", led)
                or self._is_led(led)
            )
            return (bool(apart) or self.is_assistant) and not self._is_another(led)
        small = next((text[m.end() :] for m in reversed(list(_pattern("signs").finditer(text)))), text).strip(" :-")
        led = text[: len(text) - len(small)]
        if not _SMALL_NAME.match(small) or not _is_name(small):
            return False
        if not self.is_assistant and "," not in self.before[-3:]:
            return False
        return (self._is_led(led) or (not led.strip(" -") and self.is_last)) and not self._is_another(led)

    @staticmethod
    def _is_led(led: str) -> bool:
        return re.search(rf"{_pattern('signs').pattern}{_HEADED}", led, re.I) is not None

    def _speaks(self) -> bool:
        """The letters' owner speaks: "this PTA"; or they head a name: "PTA: J. Ortiz"."""
        person = re.search(rf"{_pattern('first_person').pattern}\s*$", self._nameless(), re.I)
        if not self.before.strip(" -0123456789:"):
            if _pattern("titled").match(self.after.lstrip(" -(")):
                return not _pattern("another_behind").search(self.after)
            if heads := _NAMED_BEHIND.match(self.after):
                return _is_name(heads[0].strip(" :-,/("))
            if self.is_cota and self.after.startswith(":"):
                return not _pattern("another", "another_behind").search(self.after)
        return person is not None and not _pattern("vessel").search(self.before + self.after)

    def _treats(self) -> bool:
        """Work done by or with the letters' owner, or a treatment's verb behind them."""
        if _pattern("another_behind").search(self.after) or _pattern("vessel").search(self.before + self.after):
            return False
        if re.match(r"\s+of\b", self.after) or re.search(r"\bs/p\s*$", self.before, re.I):
            return False
        before = self._nameless()
        filler = re.compile(rf"(?:{_pattern('filler').pattern})\s*$", re.I)
        while cut := filler.search(before):
            before = before[: cut.start()]
        clause = _CLAUSE.split(self.before)[-1]
        if _BY_OR_WITH.search(before):
            return not self._is_another(before)
        verb = re.match(rf"\s+(?:[A-Z][a-z]+\s+)?(?:{_pattern('treats').pattern})", self.after, re.I)
        return verb is not None and not self._is_another(clause) and not re.search(r"\b(?:as|is|was) an? $", before)

    def _nameless(self) -> str:
        """What stands before the letters and the name they belong to."""
        text = self.before.rstrip(" ,(")
        name = _NAME.search(text)
        return text[: name.start()] if name and _is_name(name[0]) else self.before

    @staticmethod
    def _is_another(led: str) -> bool:
        """Whether the words before it in its clause make it somebody spoken to, kin, or of another time."""
        clauses = [c for c in _CLAUSE.split(led) if c.strip()]
        return bool(clauses) and _pattern("another").search(clauses[-1]) is not None


def _is_name(words: str) -> bool:
    return not _pattern("no_name").search(words) and not any(w.islower() and w in _SMALL for w in words.split())


_SMALL = frozenset(
    ("a", "an", "and", "as", "at", "by", "for", "from", "in", "is", "of", "on", "the", "to", "was", "with")
)


def _without_letters(before: str, after: str) -> tuple[str, str]:
    """What stands around a run of letters behind one name: "Ann Kim, MS, OTR/L, CHT"."""
    letters = _pattern(*_CREDENTIALS, "other_credential").pattern
    for _ in range(_MOST_LETTERS):
        cut = re.search(rf",?\s*{letters}[\s,/]*$", before[-_LETTERS:], re.I)
        if not cut or (cut[0].strip(" ,/").islower() and "," not in cut[0]):
            break
        before = before[: len(before) - len(cut[0])] + (", " if "," in cut[0] else "")
    for _ in range(_MOST_LETTERS):
        cut = re.match(rf"[\s,/]*{letters}", after, re.I)
        if not cut:
            break
        after = after[cut.end() :]
    return before, after


_MOST_LETTERS, _LETTERS = 5, 48  # credentials behind one name, and the characters one may take
