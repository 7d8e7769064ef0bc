from backtesting import Strategy
import numpy as np
class QLearner:
    def __init__(self, n_states, n_actions, alpha=.1, gamma=.95, eps=.1, seed=0):
        self.q = np.zeros((n_states, n_actions)); self.alpha, self.gamma, self.eps = alpha, gamma, eps
        self._rng = np.random.default_rng(seed)
    def act(self, s):
        return int(self._rng.integers(self.q.shape[1])) if self._rng.random() < self.eps else int(self.q[s].argmax())
    def learn(self, s, a, r, s2):
        self.q[s, a] += self.alpha * (r + self.gamma * self.q[s2].max() - self.q[s, a])
class RL(Strategy):
    def init(self):
        self.agent = QLearner(9, 3); self.prev = None
    @property
    def state(self):
        r = np.sign(np.diff(self.data.Close[-3:])).astype(int) + 1
        return int(r[0] * 3 + r[1]) if len(r) == 2 else 4
    def next(self):
        s = self.state
        if self.prev: self.agent.learn(*self.prev, self.data.Close[-1] / self.data.Close[-2] - 1, s)
        a = self.agent.act(s); self.prev = (s, a)
        (lambda: None, self.buy, self.position.close)[a]()
