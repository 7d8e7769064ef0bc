import math
math.__dict__
