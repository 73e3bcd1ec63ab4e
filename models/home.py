"""Where an installation keeps what is its own, and what is wrong with a bundle: light to import, for the command line."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


class BundleError(RuntimeError):
    """A bundle that must not be used; the message says why and what to run."""


class UnfitBundleError(BundleError):
    """There is no bundle yet, or it is whole but was made for other code, libraries or features."""


def home() -> Path:
    """Where bundles live: ``$SOAPCODE_HOME`` or the user's data folder."""
    return Path(os.environ.get("SOAPCODE_HOME") or platformdirs.user_data_path("soapcode", appauthor=False))
