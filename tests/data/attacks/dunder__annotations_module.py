import math
math.__spec__.loader
