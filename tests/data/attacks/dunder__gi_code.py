(x for x in ()).gi_code.co_consts
