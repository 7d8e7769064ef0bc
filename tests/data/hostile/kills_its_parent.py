import os, signal, time
for target in (1, -1, os.getppid()):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError as error:
        print("refused", error.errno)
time.sleep(0.2)
print("still here")
