import threading, time
made = 0
try:
    while made < 10_000:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        made += 1
except RuntimeError:
    print("refused after", made)
