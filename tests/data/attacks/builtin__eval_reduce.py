from functools import reduce
reduce(eval, ["1"], {})
