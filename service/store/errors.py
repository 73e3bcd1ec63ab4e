"""What goes wrong with the store, without the libraries it needs."""


class StoreError(RuntimeError):
    """The store cannot be used; the message says what to do and never holds an address' password."""
