class A:
    t = "{}"

    def show(self, x):
        return self.t.format(x)


class B(A):
    t = "{0.__class__}"
