import contextlib
contextlib.redirect_stdout(open("/tmp/x", "w"))
