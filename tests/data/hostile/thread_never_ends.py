import threading, time
threading.Thread(target=time.sleep, args=(10_000,)).start()
