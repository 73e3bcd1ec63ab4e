"""``python -m service`` is ``soapcode``."""

import sys


def main() -> None:
    """Entry point; an interrupt while the program loads ends it without a trace."""
    try:
        from service.cli import main as run
    except KeyboardInterrupt:
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
