().__class__ \
    .__base__
