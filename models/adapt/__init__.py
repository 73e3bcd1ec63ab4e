"""Learning a clinic's habits: a correction on top of a fitted ranker, from notes with nothing but their codes.

Reading order: ``habits`` (strengths), ``read`` (notes as they are learned from), ``learn`` (`adapt`, the whole); then the parts in
their order: ``start`` (the ranker learning begins with), ``usage`` (how the clinic bills the concepts of the vocabulary), ``labels``
(which segment a billed code stands for), ``weights`` (the correction of weights, fitted by ``correction``), ``offsets``. ``known``
and ``odds`` are what several of them share.

The ranker of the whole corpus stays as it is. Added are

- *usage*: a concept of the vocabulary that the clinic bills otherwise as a rule gets the clinic's shares for its priors. All that
  was learned of how far the vocabulary can be trusted then holds for the clinic's own use of it;
- *weights* of the content model (words -> service), of the delivery model for segments that turn out to be billed, of the
  model of notes with a service, and an offset per service, all pulled to zero by a penalty.

Notes of the corpus (`replay`) stand beside the clinic's and hold what the clinic says nothing about.

Which words a code stands for is not known: in rounds of expectation and maximisation, a billed service takes the segments that
support it; one that none supports takes, of the segments whose own service was not billed, the likeliest; what
is delivered and not billed goes over to a billed service as far as its words can mean it.
"""

from __future__ import annotations

from models.adapt.habits import Habits
from models.adapt.known import learned_services
from models.adapt.learn import adapt
from models.adapt.read import Read

__all__ = ["Habits", "Read", "adapt", "learned_services"]
