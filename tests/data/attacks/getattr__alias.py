g = getattr
g("", "__class__")
