from collections import _sys
_sys.exit()
