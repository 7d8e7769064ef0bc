from backtesting import Strategy


class S(Strategy):
	def init(self):
		self.tabs = True

	def next(self):
		if self.tabs:
			self.buy()
