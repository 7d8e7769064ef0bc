import logging
logging.currentframe().f_back
