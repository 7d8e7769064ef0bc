"""The rule language: text to a program of plain values, checked whole, never executed here."""
