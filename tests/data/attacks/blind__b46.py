from operator import attrgetter
f = attrgetter
f("__globals__")(print)
