import math
vars(math)["sqrt"]
