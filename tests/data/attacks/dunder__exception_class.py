try:
    raise ValueError
except ValueError as e:
    e.__class__.__base__
