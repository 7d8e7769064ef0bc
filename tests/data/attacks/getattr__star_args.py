getattr(*["", "__class__"])
