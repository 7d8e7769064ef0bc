class TestX:
    def test_a(self, request):
        request.config.option.maxfail = 0
