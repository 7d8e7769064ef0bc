import statistics
statistics.NormalDist.__init__.__globals__["sys"]
