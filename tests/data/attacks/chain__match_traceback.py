def f(tb):
    match tb:
        case object(tb_frame=frame):
            return frame
