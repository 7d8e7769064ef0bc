import atexit, time
atexit.register(lambda: time.sleep(10_000))
