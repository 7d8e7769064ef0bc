from numpy import *
memmap("/etc/passwd")
