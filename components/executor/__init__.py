"""Executors: where jobs run (local worker processes, or Dask)."""
