import faulthandler
faulthandler.dump_traceback_later(1)
