class A:
    pass


def pytest_configure(config):
    config.option.verbose = 0
