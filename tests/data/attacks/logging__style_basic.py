import logging
logging.basicConfig(format="{msg.__class__}", style="{")
