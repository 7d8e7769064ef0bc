import os
os.chdir("/tmp")
try:
    for _ in range(5_000):
        os.mkdir("d")
        os.chdir("d")
except OSError as error:
    print("refused", error.errno)
