import sys as s, math
s.exit()
