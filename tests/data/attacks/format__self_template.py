class A:
    t = "{0.__class__}"
    def f(self):
        return self.t.format(1)
