from operator import attrgetter as ag
f = ag
f("__class__")(())
