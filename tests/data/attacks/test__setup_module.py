def setup_module(module):
    module.np.load('x')
