from concurrent.futures import ThreadPoolExecutor
ThreadPoolExecutor().submit(print)
