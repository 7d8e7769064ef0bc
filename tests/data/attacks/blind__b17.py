import random
random.SystemRandom().random()
