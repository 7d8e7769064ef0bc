import os, struct, time
for number in range(3, 16):
    try:
        os.write(number, struct.pack(">I", 100_000))
    except OSError:
        continue
    while True:
        os.write(number, b"x")
        time.sleep(0.05)
