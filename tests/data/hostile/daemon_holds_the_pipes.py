import os, time
if os.fork() == 0:
    os.setsid()
    time.sleep(10_000)
print("gone")
