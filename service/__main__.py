"""``python -m service`` is ``soapcode``."""

from service.cli import main

main()
