from logging.handlers import SocketHandler
SocketHandler("10.0.0.1", 1)
