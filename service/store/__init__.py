"""The store: keys, audit rows, feedback and, when switched on, sealed notes."""
