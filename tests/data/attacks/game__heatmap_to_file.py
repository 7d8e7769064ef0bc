from backtesting.lib import plot_heatmaps

plot_heatmaps(None, filename="/tmp/x.html")
