def f(): pass
type(f)(f.__code__, {})
