from operator import methodcaller
methodcaller("__subclasses__")(object)
