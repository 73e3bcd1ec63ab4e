"""Minutes stated in the note, given to the services they are stated for (guide section 5).

Reading order, of the times: `times` (what is known of one), `sheet` (what they are read from), `names` (what services are
called beside them), `numbers` (what may be a time), `visits` (which are of this visit's work), `places` (how one stands),
`several` (which are of several), `page` (a note with its times). Of what is made of them: `traits` (what speaks for a time
being a service's), `choose` (the most likely way to give them all), `allocation` (that choice, the steps behind it in their
order, and the totals), the steps in `words`, `parts`, `layout` and `headings` (a heading's time against its items'), `rest` (rest
beside a time), `inexact` (ranges, and times said several times over), `session` (the session's own start, end and length, and
contradictions). `learn` finds the weights of the traits.
"""

from models.minutes.allocation import Allocation, allocate
from models.minutes.rest import Rest

__all__ = ["Allocation", "Rest", "allocate"]
