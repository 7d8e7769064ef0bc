def harmless(getattr):
    return getattr
import math
getattr(math, "__loader__")
