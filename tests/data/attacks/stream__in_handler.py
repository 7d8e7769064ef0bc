import logging
class H(logging.StreamHandler):
    def emit(self, record):
        self.stream.detach()
