"""The form of a billing code, of the catalogue or not."""

CODE_FORM = r"(?:\d{5}|[A-V]\d{4})"
"""A regular expression without groups: five digits (HCPCS level I), or a letter and four digits (level II, "G0541")."""
