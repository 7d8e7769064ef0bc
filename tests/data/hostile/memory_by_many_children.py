import os, time
for _ in range(12):
    if os.fork() == 0:
        hoard = bytearray(48 * 1024 * 1024)
        for i in range(0, len(hoard), 4096):
            hoard[i] = 1
        time.sleep(8)
time.sleep(8)
