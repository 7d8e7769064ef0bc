import logging
logging.Logger.manager.loggerClass.__init__.__globals__["os"]
