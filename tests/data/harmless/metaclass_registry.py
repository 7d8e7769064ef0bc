from backtesting import Strategy


class Registry(type):
    items = {}

    def __new__(mcs, name, bases, namespace, **kwargs):
        cls = super().__new__(mcs, name, bases, namespace)
        mcs.items[name] = cls
        return cls

    def __call__(cls, *args, **kwargs):
        return super().__call__(*args, **kwargs)


class Rule(metaclass=Registry):
    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        cls.label = cls.__name__.lower()


class Up(Rule):
    def check(self, d):
        return d.Close[-1] > d.Close[-2]


class S(Strategy):
    def init(self):
        self.rules = [cls() for name, cls in Registry.items.items() if name != "Rule"]

    def next(self):
        if all(rule.check(self.data) for rule in self.rules):
            self.buy()
