"""The form of a billing code, of the catalogue or not."""

CODE_FORM = r"(?:\d{5}|[A-V]\d{4})"
"""A regular expression without groups: five digits (HCPCS level I), or a letter and four digits (level II).

Examples
--------
>>> import re
>>> [re.fullmatch(CODE_FORM, word) is not None for word in ("97110", "G0541", "971", "L4-5")]
[True, True, False, False]
"""
