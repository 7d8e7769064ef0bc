import json
json.load(json)
