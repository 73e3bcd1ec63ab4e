"""Minutes stated in the note, given to the services they are stated for (guide section 5)."""

from models.minutes.choose import Allocation, allocate

__all__ = ["Allocation", "allocate"]
