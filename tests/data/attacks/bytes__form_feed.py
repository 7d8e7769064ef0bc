x = 1
import_os = 1
