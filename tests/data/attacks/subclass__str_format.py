class F(str):
    def go(self):
        return self.format(1)
F("{0.__class__}").go()
