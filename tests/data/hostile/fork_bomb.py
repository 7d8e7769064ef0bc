import os, time
made = 0
try:
    while made < 10_000:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except OSError as error:
    print("refused after", made, error.errno)
