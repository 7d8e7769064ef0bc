from backtesting import Strategy
import numpy as np

π = np.pi
"""R² of the fit, σ² of the noise; the ﬁrst ½ of the window, in m², costs 5 €."""


class Größe(Strategy):
    """Положение: 買い — “quotes”, emoji 🚀👨‍👩‍👧, naïve."""

    α = 0.1

    def init(self):
        self.μ = 0.0
        self.σ = 1.0

    def next(self):
        Δ = self.data.Close[-1] - self.μ
        self.μ += self.α * Δ
        self.σ = (1 - self.α) * (self.σ + self.α * Δ ** 2)  # σ² update
        if Δ > 2 * self.σ ** 0.5 * π:
            self.buy()
