d = {}
d[0] = exec
