class E(Exception):
    def __init__(self):
        self.x = self.__traceback__
try:
    raise E
except E as e:
    f = e.__traceback__.tb_frame
    while f.f_back:
        f = f.f_back
