"""How long a note may be, wherever one is read."""

from __future__ import annotations

LONGEST_NOTE = 256 * 1024
"""Bytes of a note's text in UTF-8; a longer one is no visit's, and takes a minute."""
