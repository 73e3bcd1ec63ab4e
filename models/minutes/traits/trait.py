"""A trait, and what the names of traits mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Trait = tuple[str, ...]
"""A name of `NAMES`, and what was found."""
Support = Sequence[Mapping[str, float]]
"""Per segment how strongly it supports each service, in [0, 1]."""
Given = Mapping[str, tuple[int, ...]]
"""Per service the times given to it, by their places among the page's times."""

NAMES = {
    "own": "what its own clause was found to support",
    "lean": "how strongly its own clause supports the service",
    "back": "how near before it the service stands, and what lies between",
    "ahead": "how near behind it the service stands, and what lies between",
    "between": "services before, in and behind its clause",
    "share": "whose the stretch before and behind it mostly is",
    "style": "where this note's times stand",
    "name": "the service called by name beside it",
    "list": "whether it stands in a list of names and numbers",
    "kind": "what kind of statement it is",
    "alike": "how many numbers without a unit its sentence holds",
    "before": "the word before it",
    "behind": "the word behind it",
    "size": "how long it is, for this sort of service",
    "done": "whether its clause tells of this visit's work",
    "strong": "the heading or name that covers its clause",
    "none": "that no time is given to the service",
    "amount": "how long the service's times are together",
    "left": "a time of the service's own clauses that is left out",
    "several": "that several times are added",
    "both": "two times that are added",
    "twice": "one time given to several services",
    "sum": "the note's own totals",
    "order": "whether the times follow one another as the services do",
    "unused": "a time given to no service",
    "given": "how many services have a time",
}
