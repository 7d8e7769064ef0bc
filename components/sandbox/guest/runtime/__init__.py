"""The guest's processes: start, limits, one job, its errors."""
