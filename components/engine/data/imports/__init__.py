"""Exports of usual sources, recognised and converted to files of the data folder."""
