"".__getattribute__("__class__")
