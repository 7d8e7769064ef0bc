import talib
fn = talib.__dict__["os"]
