"""The traits of a note's times, to be asked for a pair, a set, or all that is given."""

from __future__ import annotations

from collections.abc import Sequence

from models.minutes.page import Page
from models.minutes.traits.around import Around
from models.minutes.traits.pairs import Pairs
from models.minutes.traits.scene import Scene
from models.minutes.traits.sets import of_set
from models.minutes.traits.together import of_all
from models.minutes.traits.trait import Given, Support, Trait


class Traits:
    """The traits of a page's times.

    Parameters
    ----------
    page, decided, support : as of `Scene`.

    Attributes
    ----------
    times, services : as of `Scene`.
    pairs : per service, by the place of each time that may be its own, their traits.
    """

    def __init__(self, page: Page, decided: Sequence[frozenset[str]], support: Support) -> None:
        self._scene = Scene(page, decided, support)
        self.page, self.decided = page, decided
        self.times, self.services = self._scene.times, self._scene.services
        around = Around(self._scene)
        self._middles = around.middles()
        pairs = Pairs(self._scene, around)
        self.pairs: dict[str, dict[int, list[Trait]]] = {service: {} for service in self.services}
        for k in range(len(self.times)):
            for service, pair in pairs.of(k):
                self.pairs[service][k] = pair

    def of_set(self, service: str, chosen: tuple[int, ...]) -> list[Trait]:
        """The traits of times given to a service that are not the traits of one of them."""
        return of_set(self._scene, service, chosen)

    def of_all(self, given: Given) -> list[Trait]:
        """The traits of what the services of the note are given together."""
        return of_all(self._scene, self._middles, given)
