import os
wrote = []
for number in range(0, 4096):
    for payload in (b"\xff\xff\xff\xff", b"\x00\x00\x00\x05hello", b"A" * 100_000):
        try:
            os.set_blocking(number, False)
            os.write(number, payload)
            wrote.append(number)
        except OSError:
            pass
os._exit(0)
