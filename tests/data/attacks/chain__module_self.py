import math
math.sqrt.__self__
