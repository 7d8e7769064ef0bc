import contextlib
contextlib.os.system("id")
