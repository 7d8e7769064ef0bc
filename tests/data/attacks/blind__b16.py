import json
json.decoder.scanner.re.enum.sys
