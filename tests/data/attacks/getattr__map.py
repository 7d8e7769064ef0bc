list(map(getattr, [""], ["__class__"]))
