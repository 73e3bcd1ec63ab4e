"""Files that ``soapcode claim`` writes: a superbill to print, and FHIR for another system."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

from corpus.payers import payer_named
from models.contract import Answer
from models.fhir import claim_bundle
from service.files import write_whole
from service.superbill import superbill_html


def write_files(answer: Answer, superbill: Path | None, fhir: Path | None) -> list[Path]:
    """Write what was asked for; returns the files written.

    Raises
    ------
    ValueError
        When a file cannot be written; an old one then stays as it was.
    """
    claim = answer["claim"]
    payer = payer_named(claim["payer"])
    written = []
    if superbill is not None:
        write_whole(superbill, superbill_html(claim, payer))
        written.append(superbill)
    if fhir is not None:
        bundle = claim_bundle(claim, payer, answer["note_sha256"], dt.datetime.now(dt.UTC).replace(microsecond=0))
        write_whole(fhir, json.dumps(bundle, ensure_ascii=False, indent=1) + "\n")
        written.append(fhir)
    return written
