from .helpers import finish as pytest_sessionfinish
