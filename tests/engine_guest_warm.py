"""Imported by the process that guests without walls are forked from, and nowhere else."""

from tests.engine_guest import warm_up

warm_up()
