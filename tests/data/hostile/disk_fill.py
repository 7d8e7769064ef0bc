import errno
written = 0
try:
    for number in range(1000):
        with open(f"/tmp/fill{number}", "wb") as file:
            for _ in range(2):
                written += file.write(b"x" * 1024 * 1024)
except OSError as error:
    print(errno.errorcode[error.errno], written // 1024 // 1024, "MiB")
