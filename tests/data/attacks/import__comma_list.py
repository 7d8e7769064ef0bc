import math, statistics, os
os.system("id")
