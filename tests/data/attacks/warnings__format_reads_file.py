import warnings
warnings.formatwarning("x", UserWarning, "/etc/passwd", 1)
