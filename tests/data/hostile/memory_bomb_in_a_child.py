import os
if os.fork() == 0:
    hoard = []
    while True:
        hoard.append(bytearray(8 * 1024 * 1024))
os.wait()
print("I am fine")
