"".__class__.__mro__[1]
