import warnings
warnings.warn_explicit("x", UserWarning, "/etc/passwd", 1)
