lambda x=[].__class__.__base__: x
