from string import Formatter
Formatter().vformat("{0.__class__}", (1,), {})
