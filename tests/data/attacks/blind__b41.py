import itertools
itertools.__loader__.load_module("posix").system("id")
