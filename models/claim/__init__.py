"""The claim: units, pair edits, modifiers and lines, as pure functions over codes, minutes, payer and date."""
