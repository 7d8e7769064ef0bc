import logging
lg = logging
lg.os.system("id")
