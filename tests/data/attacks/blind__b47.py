from operator import methodcaller as mc
mc("__getattribute__", "__class__")("")
