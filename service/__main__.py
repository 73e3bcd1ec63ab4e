"""``python -m service`` is ``soapcode``."""

import gc
import sys


def main() -> None:
    """Entry point; an interrupt while the program loads ends it without a trace.

    What is imported stays, so the cyclic garbage collector need not look at it, now or later.
    """
    gc.disable()
    try:
        from service.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    gc.freeze()
    gc.enable()
    run()


if __name__ == "__main__":
    main()
