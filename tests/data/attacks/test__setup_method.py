class TestX:
    def setup_method(self, method):
        method.kept = 1
