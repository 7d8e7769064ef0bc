import logging
logging.Formatter("{args[0].__class__}", style="{")
