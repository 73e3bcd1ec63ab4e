"""What the routes share: settings, trust, and which code each suggestion on a card stood for."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass

from models.cds import NAMESPACE, Card
from models.contract import Answer
from service.cds.settings import CdsSettings
from service.cds.trust import Trust


def offered(card: Card) -> dict[str, str]:
    """The codes a card lets a person choose, by the identifiers of its suggestions."""
    codes = card.get("extension", {}).get(NAMESPACE, {}).get("codes", [])
    return {entry["suggestion"]: entry["code"] for entry in codes}


class Issued:
    """Which code each proposed suggestion stood for, for feedback that names only identifiers; the last ones only."""

    def __init__(self, most: int = 50_000) -> None:
        self._most = most
        self._held: OrderedDict[str, tuple[str, str, str]] = OrderedDict()
        self._cards: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._taken: OrderedDict[str, None] = OrderedDict()
        self._lock = threading.Lock()

    def keep(self, card: Card, answer: Answer) -> None:
        """Remember a card and its suggestions: code, hash of the note, bundle."""
        about = (answer["note_sha256"], answer["bundle"])
        codes = offered(card)
        with self._lock:
            self._held[card["uuid"]] = ("", *about)
            self._cards[card["uuid"]] = tuple(codes)
            for name, code in codes.items():
                self._held[name] = (code, *about)
            self._forget()

    def about(self, name: str) -> tuple[str, str, str]:
        """Code, hash and bundle of an identifier; empty where it is not known any more."""
        with self._lock:
            return self._held.get(name, ("", "", ""))

    def of(self, card: str) -> tuple[str, ...]:
        """The suggestions of a card; none where it had none or is not known any more."""
        with self._lock:
            return self._cards.get(card, ())

    def take(self, card: str, names: Iterable[str]) -> tuple[str, ...]:
        """Note that suggestions of a card were accepted; those of it that never were."""
        with self._lock:
            self._taken.update(dict.fromkeys(names))
            self._forget()
            return tuple(name for name in self._cards.get(card, ()) if name not in self._taken)

    def _forget(self) -> None:
        for held in (self._held, self._cards, self._taken):
            while len(held) > self._most:
                held.popitem(last=False)


@dataclass(slots=True)
class State:
    """What the routes share."""

    settings: CdsSettings
    trust: Trust
    issued: Issued
