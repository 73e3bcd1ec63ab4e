"""An answer as CDS Hooks cards (2.0.1): what is proposed, what excludes what, and what the note lacks.

Reading order: `Occasion` (who asked), `cards_of`; then one function per card. Everything shown of a note is
escaped for clients that render Markdown or raw HTML; summaries hold codes and this project's own words only.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from corpus.payers import payer_named
from models.claim.lines import ClaimLine
from models.contract import Answer, SuggestionItem, bare_item
from models.fhir import service_concept
from models.gaps import Gap
from models.wording import units_in_words

NAMESPACE = "org.soapcode"
NOTE_SIGN = f"{NAMESPACE}.note-sign"
OVERRIDE_SYSTEM = "urn:soapcode:override-reason"
OVERRIDE_REASONS = (
    ("not-performed", "It was not done in this visit"),
    ("other-code", "Another code is right"),
    ("units", "The units are wrong"),
    ("already-charged", "It is charged already"),
    ("not-covered", "The payer or plan does not cover it"),
    ("other", "Another reason"),
)
SUMMARY_LIMIT = 139
_QUOTES = 3
_QUOTE_LIMIT = 160

Card = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who asked about which note.

    Parameters
    ----------
    instance : the request's ``hookInstance``; the same note in the same instance gives the same identifiers.
    patient, encounter, document : FHIR references such as ``Patient/7``, where known.
    card_url : address of the model card, where the service has a public one.
    payer_known : whether the payer came from a coverage and was not assumed.
    """

    instance: str
    patient: str
    encounter: str | None = None
    document: str | None = None
    card_url: str | None = None
    payer_known: bool = True

    def uuid(self, *parts: str) -> str:
        """A name-based UUID within this instance."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, "|".join((NAMESPACE, self.instance, *parts))))


_UNSAFE = re.compile(
    r"[<>&|`\[\]\\*_~#!(){}$@^=]|:(?=//)|(?<=\bwww)\.|(?<!\w)[-+](?=\s)|(?<=\d)[.)](?=\s)", re.IGNORECASE
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+")


def escaped(text: str) -> str:
    """Text as GitHub-flavoured Markdown and HTML both show it literally, on one line.

    Examples
    --------
    >>> escaped("<b>|[x]`")
    '&#60;b&#62;&#124;&#91;x&#93;&#96;'
    """
    line = " ".join(_CONTROL.sub(" ", text).split())
    return _UNSAFE.sub(lambda found: f"&#{ord(found[0])};", line)


def tidy(value: Any) -> Any:
    """The value without null, "", [] and {} anywhere inside; CDS Hooks allows none of them.

    Examples
    --------
    >>> tidy({"a": None, "b": [{}, {"c": ""}], "d": 0})
    {'d': 0}
    """
    if isinstance(value, dict):
        kept = {key: tidy(one) for key, one in value.items()}
        return {key: one for key, one in kept.items() if not _is_empty(one)}
    if isinstance(value, list):
        return [one for one in map(tidy, value) if not _is_empty(one)]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, (str, list, dict)) and not value)


def cards_of(answer: Answer, occasion: Occasion) -> list[Card]:
    """The cards of an answer: codes to choose from, codes of which only one or not all can stand, and what the note lacks.

    No code, no card. Lines that earn no unit or are bundled are said and not proposed.
    """
    lines = {x["code"]: x for x in answer["claim"]["lines"] if x["units"] != 0 and not x["bundled"]}
    apart = exclusive_pairs(answer, list(lines))
    groups = exclusive_groups(apart, list(lines))
    free = [code for code in lines if not any(code in group for group in groups)]
    cards = [_codes_card(answer, occasion, [lines[c] for c in free])] if free else []
    cards += [_exclusive_card(answer, occasion, [lines[c] for c in group], apart) for group in groups]
    gaps = [gap for gap in answer["claim"]["gaps"] if gap["severity"] != "info"]
    if cards and gaps:
        cards.append(_gaps_card(answer, occasion, gaps))
    return [tidy(card) for card in cards]


Pairs = list[frozenset[str]]


def exclusive_pairs(answer: Answer, codes: Sequence[str]) -> Pairs:
    """Pairs of the codes that an edit never lets stand together, each once, in the order of the edits."""
    edits = [
        e for e in answer["claim"]["edits"] if e["indicator"] == "0" and {e["column1"], e["column2"]} <= set(codes)
    ]
    return list(dict.fromkeys(frozenset((e["column1"], e["column2"])) for e in edits))


def exclusive_groups(pairs: Pairs, codes: Sequence[str]) -> list[list[str]]:
    """Codes that such pairs join, directly or by others, in the order of the lines.

    Examples
    --------
    >>> exclusive_groups([frozenset(("97161", "97763")), frozenset(("97763", "97760"))], ["97110", "97161", "97760", "97763"])
    [['97161', '97760', '97763']]
    """
    group = {code: {code} for code in codes}
    for one, other in pairs:
        joined = group[one] | group[other]
        for code in joined:
            group[code] = joined
    found: list[list[str]] = []
    for code in codes:
        ordered = [c for c in codes if c in group[code]]
        if len(ordered) > 1 and ordered not in found:
            found.append(ordered)
    return found


def unreadable_card(occasion: Occasion, kind: str, why: str = "") -> Card:
    """A card that says the note cannot be read: for its format, or for the reason given; `kind` as the document names it, `why` our own words."""
    shown = escaped(kind[:60]) or "of a kind that is not named"
    return tidy(  # type: ignore[no-any-return]
        {
            "uuid": occasion.uuid("unreadable", kind),
            "summary": "The latest note cannot be read"
            if why
            else "The latest note is in a format soapcode does not read",
            "indicator": "info",
            "source": _source(occasion),
            "detail": f"The document is {shown}. {why or 'soapcode reads plain text and HTML.'}",
        }
    )


def _source(occasion: Occasion) -> Card:
    return {"label": "soapcode", "url": occasion.card_url}


def _short(text: str) -> str:
    return text if len(text) <= SUMMARY_LIMIT else f"{text[: SUMMARY_LIMIT - 1]}…"


def _with_units(line: ClaimLine) -> str:
    return line["code"] if line["units"] is None else f"{line['code']} × {line['units']}"


def _codes_card(answer: Answer, occasion: Occasion, lines: Sequence[ClaimLine]) -> Card:
    named = ", ".join(_with_units(line) for line in lines)
    count = "1 code" if len(lines) == 1 else f"{len(lines)} codes"
    card = _card(answer, occasion, lines, f"The note supports {count}: {named}", "any")
    card["suggestions"] = [_suggestion(answer, occasion, line, _is_sure(answer, line)) for line in lines]
    return card


def _exclusive_card(answer: Answer, occasion: Occasion, lines: Sequence[ClaimLine], apart: Pairs) -> Card:
    """A choice of one where each excludes each; else of several, with the edits between them in its detail."""
    codes = [line["code"] for line in lines]
    pairs = [pair for pair in apart if pair <= set(codes)]
    named = [_with_units(line) for line in lines]
    if len(pairs) == len(codes) * (len(codes) - 1) // 2:
        card = _card(answer, occasion, lines, f"Only one of these can be billed: {' or '.join(named)}", "at-most-one")
    else:
        card = _card(answer, occasion, lines, f"Not all of these can be billed: {', '.join(named)}", "any")
    best = _that_stand(sorted(lines, key=lambda line: -_item(answer, line["code"])["probability"]), pairs)
    card["suggestions"] = [
        _suggestion(answer, occasion, line, line["code"] in best and _is_sure(answer, line)) for line in lines
    ]
    return card


def _that_stand(lines: Sequence[ClaimLine], pairs: Pairs) -> list[str]:
    """The first code and those behind it that exclude none before."""
    kept: list[str] = []
    for line in lines:
        if not any(frozenset((line["code"], code)) in pairs for code in kept):
            kept.append(line["code"])
    return kept


def _is_sure(answer: Answer, line: ClaimLine) -> bool:
    """Whether a line can be recommended: its units are known, and no error of the note concerns it alone."""
    own = [gap for gap in answer["claim"]["gaps"] if gap["severity"] == "error" and gap["codes"] == [line["code"]]]
    return line["units"] is not None and not line["provisional"] and not own


def _card(answer: Answer, occasion: Occasion, lines: Sequence[ClaimLine], summary: str, behaviour: str) -> Card:
    codes = [line["code"] for line in lines]
    return {
        "uuid": occasion.uuid(answer["note_sha256"], behaviour, *codes),
        "summary": _short(summary),
        "indicator": "info",
        "source": _source(occasion),
        "detail": _detail(answer, occasion, lines),
        "selectionBehavior": behaviour,
        "overrideReasons": [
            {"code": code, "system": OVERRIDE_SYSTEM, "display": said} for code, said in OVERRIDE_REASONS
        ],
        "extension": {NAMESPACE: _extension(answer, occasion, lines)},
    }


def _item(answer: Answer, code: str) -> SuggestionItem:
    """The suggestion of a line; of a line that another calls for (an add-on), an empty one."""
    found = next((item for item in answer["suggestions"] if item["code"] == code), None)
    line = next(x for x in answer["claim"]["lines"] if x["code"] == code)
    return found or bare_item(code, line["name"], line["minutes"], line["units"])


def _extension(answer: Answer, occasion: Occasion, lines: Sequence[ClaimLine]) -> Card:
    """Scores and spans for a client that shows them: offsets are code points of the decoded attachment."""
    return {
        "bundle": answer["bundle"],
        "noteSha256": answer["note_sha256"],
        "payer": answer["claim"]["payer"],
        "codes": [
            {
                "code": line["code"],
                "suggestion": _suggestion_id(answer, occasion, line),
                "probability": round(_item(answer, line["code"])["probability"], 6) or None,
                "units": line["units"],
                "minutes": line["minutes"],
                "modifiers": line["modifiers"],
                "spans": [{"start": e["start"], "end": e["end"]} for e in _item(answer, line["code"])["evidence"]],
            }
            for line in lines
        ],
    }


def _suggestion_id(answer: Answer, occasion: Occasion, line: ClaimLine) -> str:
    return occasion.uuid(answer["note_sha256"], "suggestion", line["code"])


def _suggestion(answer: Answer, occasion: Occasion, line: ClaimLine, recommended: bool) -> Card:
    units = "units not stated" if line["units"] is None else units_in_words(line["units"])
    return {
        "label": f"{line['code']} {line['name']}, {units}",
        "uuid": _suggestion_id(answer, occasion, line),
        "isRecommended": recommended,
        "actions": [
            {
                "type": "create",
                "description": f"Add {line['code']} {line['name']} to the planned charges",
                "resource": _charge(answer, occasion, line),
            }
        ],
    }


def _charge(answer: Answer, occasion: Occasion, line: ClaimLine) -> Card:
    """A planned ChargeItem (FHIR R4). R4 has no place for modifiers on it, so they are said in a note."""
    said = [f"Modifiers: {' '.join(line['modifiers'])}"] if line["modifiers"] else []
    said += [f"{line['minutes']} minutes"] if line["minutes"] is not None else []
    return {
        "resourceType": "ChargeItem",
        "status": "planned",
        "code": service_concept(line),
        "subject": {"reference": occasion.patient},
        "context": {"reference": occasion.encounter},
        "occurrenceDateTime": answer["claim"]["date"],
        "quantity": {"value": line["units"]},
        "supportingInformation": [{"reference": occasion.document}],
        "note": [{"text": text} for text in [*said, *line["questions"], *line["cautions"]]],
    }


def _detail(answer: Answer, occasion: Occasion, lines: Sequence[ClaimLine]) -> str:
    parts = ["| Code | Service | Units | Minutes |\n| --- | --- | --- | --- |\n" + "\n".join(map(_row, lines))]
    for line in lines:
        item = _item(answer, line["code"])
        quotes = [_quote(e["text"], e["because"]) for e in item["evidence"][:_QUOTES]]
        if quotes:
            parts.append(f"**{line['code']} rests on**\n\n" + "\n".join(quotes))
    says = [*_working(answer, lines), *_asked(answer, lines)]
    if says:
        parts.append("**To decide**\n\n" + "\n".join(f"- {escaped(text)}" for text in dict.fromkeys(says)))
    payer = payer_named(answer["claim"]["payer"]).name
    parts.append(
        f"Payer: {escaped(payer)}."
        if occasion.payer_known
        else f"Payer not known; rules of {escaped(payer)} assumed."
    )
    return "\n\n".join(parts)


def _row(line: ClaimLine) -> str:
    units, minutes = ("not stated" if n is None else str(n) for n in (line["units"], line["minutes"]))
    return f"| {line['code']} | {escaped(line['name'])} | {units} | {minutes} |"


def _quote(text: str, because: str) -> str:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= _QUOTE_LIMIT else f"{shown[:_QUOTE_LIMIT]}…"
    return f"- “{escaped(shown)}” ({escaped(because)})"


def _working(answer: Answer, lines: Sequence[ClaimLine]) -> list[str]:
    """Lines that are not proposed, and why."""
    shown = {line["code"] for line in lines}
    idle = [x for x in answer["claim"]["lines"] if x["code"] not in shown and (x["units"] == 0 or x["bundled"])]
    return [
        f"{x['code']} {x['name']}: {'bundled, not paid apart' if x['bundled'] else 'documented, earns no unit'}."
        for x in idle
    ]


def _asked(answer: Answer, lines: Sequence[ClaimLine]) -> list[str]:
    shown = {line["code"] for line in lines}
    said = [text for line in lines for text in (*line["questions"], *line["cautions"])]
    said += [edit["says"] for edit in answer["claim"]["edits"] if {edit["column1"], edit["column2"]} & shown]
    return [*said, *answer["claim"]["questions"], *answer["claim"]["cautions"]]


def _gaps_card(answer: Answer, occasion: Occasion, gaps: Sequence[Gap]) -> Card:
    errors = sum(gap["severity"] == "error" for gap in gaps)
    count = "1 point" if len(gaps) == 1 else f"{len(gaps)} points"
    rows = [
        f"- {'**Must be mended:** ' if gap['severity'] == 'error' else ''}{escaped(gap['says'])} "
        f"({', '.join(gap['codes'])}; {escaped(gap['source'])})"
        for gap in gaps
    ]
    return {
        "uuid": occasion.uuid(answer["note_sha256"], "gaps", *(gap["id"] for gap in gaps)),
        "summary": _short(
            f"The note lacks {count} for its codes to stand" + (f", {errors} of them needed" if errors else "")
        ),
        "indicator": "warning" if errors else "info",
        "source": _source(occasion),
        "detail": "\n".join(rows),
        "extension": {
            NAMESPACE: {"gaps": [{"id": g["id"], "severity": g["severity"], "codes": g["codes"]} for g in gaps]}
        },
    }
