import operator
operator.methodcaller("format", 1)("{0.__class__}")
