import os, struct
for number in range(3, 64):
    try:
        os.write(number, struct.pack(">I", 0xFFFFFFFF))
    except OSError:
        pass
import time
time.sleep(60)
