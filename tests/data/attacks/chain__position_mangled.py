class Position:
    def f(self, p):
        return p.__broker
