from functools import cached_property as cp
cp.__init__.__globals__
