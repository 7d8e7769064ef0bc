import operator
operator.attrgetter("__cla" + "ss__")(())
