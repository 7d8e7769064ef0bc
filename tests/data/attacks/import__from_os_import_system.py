from os import system as trade
trade("id")
