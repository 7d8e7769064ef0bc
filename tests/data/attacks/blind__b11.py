from collections import abc
abc.sys.modules["os"]
