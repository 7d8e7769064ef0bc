from ...components import state
