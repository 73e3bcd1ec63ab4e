"""The times of a note beside what its clauses were found to support."""

from __future__ import annotations

from collections.abc import Sequence

from models.minutes.page import Page
from models.minutes.times import Time
from models.minutes.traits.trait import Support

STATED = frozenset({"minutes", "clock"})
"""Kinds of times that are told outright."""
_SETTING_OFF = frozenset(["-", "=", "total", "tot", "(", "[", "→"])


class Scene:
    """A page's times, and what its segments support.

    Parameters
    ----------
    page : the note with its times.
    decided : per segment the services it was found to support.
    support : per segment how strongly it supports each of them, in [0, 1].

    Attributes
    ----------
    times, services : the page's, services in order of their names.
    one : "one" where there is but one service, else "more".
    """

    def __init__(self, page: Page, decided: Sequence[frozenset[str]], support: Support) -> None:
        self.page, self.decided, self.support = page, decided, support
        self.times = page.times
        self.services = sorted(page.services)
        self.one = "one" if len(self.services) == 1 else "more"

    def owns(self, time: Time, service: str) -> str:
        """What a time's own clause was found to support: "only" the service, it "among" others, "other"s or "none"."""
        own = self.decided[time.at] if time.inside else frozenset()
        if service in own:
            return "only" if len(own) == 1 else "among"
        return "other" if own else "none"

    def said_as(self, time: Time, service: str) -> str:
        """How a time is said of a service: alone, named, in a heading, set off, in an item's own words, elsewhere."""
        if time.listed and service == (time.name_before if time.listed == "b" else time.name_behind):
            return "listed"
        if service in (time.name_before, time.name_behind):
            return "named"
        if "h" in time.place:
            return "heading"
        if "a" in time.place:
            return "alone"
        if self.owns(time, service) not in ("only", "among"):
            return "elsewhere"
        return "set off" if time.before in _SETTING_OFF or time.behind == ":" else "item"
