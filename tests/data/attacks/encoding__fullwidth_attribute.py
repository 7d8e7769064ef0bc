().__ｃlass__.__ｂase__
