load = __import__
load("subprocess").call("id")
