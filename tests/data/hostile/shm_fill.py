import os
for path in ("/dev/shm/x", "/dev/x", "/run/x", "/x", "/proc/x"):
    try:
        with open(path, "wb") as file:
            for _ in range(400):
                file.write(b"x" * 1024 * 1024)
        print("ESCAPED", path)
    except OSError as error:
        print("refused", path, error.errno)
