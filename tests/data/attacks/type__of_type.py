type(type)
