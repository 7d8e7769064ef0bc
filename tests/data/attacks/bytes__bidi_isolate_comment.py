def f(): #⁧ harmless ⁦
    return 1
