import collections
box = {"c": collections}
box["c"]._sys.exit()
