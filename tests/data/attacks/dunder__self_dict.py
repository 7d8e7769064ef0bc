class A:
    def f(self):
        self.__dict__["_broker"] = 1
