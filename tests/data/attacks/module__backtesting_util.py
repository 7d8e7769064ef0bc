from backtesting._util import SharedMemoryManager
SharedMemoryManager()
