class Trade:
    def steal(self, t):
        return t.__broker
